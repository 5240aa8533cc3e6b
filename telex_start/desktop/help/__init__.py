"""The windows of the menu's Help: Doctor and About, each in a process of its own, and opening the log."""
