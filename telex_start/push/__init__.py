"""Centrifugo's client protocol: frames, channels and recovery without I/O, and the WebSocket that carries them."""
