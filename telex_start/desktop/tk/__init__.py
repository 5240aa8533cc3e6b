"""The windows (Tk), each in a process of its own but for macOS' login window, and what opens them. The owner of Tk."""
