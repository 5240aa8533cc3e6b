"""What a person sees, and what the desktop tells."""
