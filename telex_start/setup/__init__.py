"""Sets up what lies outside the program's own folders: the start at log-in, the desktop entry, the icons.

An agent imports none of it; the preferences window and the commands ``autostart``, ``integrate`` and ``completions``
import it.
"""
