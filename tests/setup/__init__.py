"""Tests of what the program installs for the desktop: start at log-in, menu entry, icons, systemd unit."""
