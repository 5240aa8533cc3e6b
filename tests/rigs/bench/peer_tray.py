"""The peer: pystray's AppIndicator icon with a menu of one item, and the modules that a network client needs."""

from __future__ import annotations

import os
import sys

os.environ["PYSTRAY_BACKEND"] = "appindicator"

import pystray
from PIL import Image, ImageDraw

if "--with-network" in sys.argv:
    import http.client  # noqa: F401

    import truststore  # noqa: F401
    import websocket  # noqa: F401

picture = Image.new("RGBA", (22, 22))
ImageDraw.Draw(picture).ellipse((2, 2, 20, 20), fill="teal")
pystray.Icon("peer", picture, "peer", pystray.Menu(pystray.MenuItem("Exit", lambda icon: icon.stop()))).run()
