"""What the desktop is told of the program, in files outside its own folders: the start at log-in, its entry, its icons.

Nothing of it is imported by an agent. The preferences window and the commands ``autostart``, ``integrate`` and
``completions`` do.
"""
