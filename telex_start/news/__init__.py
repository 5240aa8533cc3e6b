"""Turns publications into toasts: decides what is news, when it is told, and in which words. Pure."""
