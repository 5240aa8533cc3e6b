"""Says on standard output which backend the tray would take here, or why there is none. A process of its own."""

from __future__ import annotations

from ..desktop import tray_backend
from ..errors import NoPlaceForIcon

if __name__ == "__main__":
    try:
        backend = tray_backend.choose()
    except NoPlaceForIcon as refusal:
        print("refused", refusal.message)
    else:
        print("backend", backend.name)
        backend.close()
