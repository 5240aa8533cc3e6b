"""All that meets the desktop: icon, toasts, windows, the Telex client, the system's keyring, and D-Bus."""
