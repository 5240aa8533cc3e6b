"""A real Centrifugo as the sandbox's push server: its process and its configuration."""
