"""The desktops that can be tried, by the names that the command line takes."""

from __future__ import annotations

from .gnome import GNOME
from .gtk import GTK
from .plasma import PLASMA
from .sway import SWAY

DESKTOPS = GNOME | PLASMA | GTK | SWAY
"""By the name that the command line takes."""
