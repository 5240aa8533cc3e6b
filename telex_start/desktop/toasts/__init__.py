"""Toasts: one call that never blocks, over D-Bus or by plyer."""
