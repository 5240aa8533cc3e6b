"""The login window (Tk)."""
