"""pystray without a toolkit.

With itself, pystray 0.19.5 imports a backend, which brings GTK, AppIndicator or Xlib where they are installed. Its
environment variable names the dummy instead, for as long as it is imported.
"""

from __future__ import annotations

import os

__all__ = ["pystray"]

_own = os.environ.get("PYSTRAY_BACKEND")
os.environ["PYSTRAY_BACKEND"] = "dummy"
try:
    import pystray
finally:
    if _own is None:
        del os.environ["PYSTRAY_BACKEND"]
    else:
        os.environ["PYSTRAY_BACKEND"] = _own
