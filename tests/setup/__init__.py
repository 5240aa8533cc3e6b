"""What the desktop is told of the program: start at log-in, entry and icons, unit."""
