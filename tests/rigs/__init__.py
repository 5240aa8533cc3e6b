"""What ``make bench``, ``chaos``, ``fleet`` and the like run: each has a folder and a command."""
