"""Says on standard output whether AppIndicator can be had here, or why not. A process of its own."""

from __future__ import annotations

from ..desktop.tray import pystray_backend
from ..errors import NoPlaceForIcon

if __name__ == "__main__":
    try:
        print("backend", pystray_backend.appindicator().name)
    except NoPlaceForIcon as refusal:
        print("refused", refusal.message)
