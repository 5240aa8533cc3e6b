"""The program's windows, by Tk, each in a process of its own."""
