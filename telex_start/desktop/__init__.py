"""All that meets the desktop: icon, toasts, login window, the Telex client, and the buses in between."""
