"""pystray's icon in the menu bar of macOS (0.19.5), for a loop of events that is not pystray's own.

pystray shrinks its picture to as many pixels as the menu bar has points, a quarter of those of a sharp screen, and
takes the icon away only where its own loop ends.
"""

from __future__ import annotations

import io
from typing import Any

from .. import macos

_POINTS = 18.0
"""Width and height of the picture: what most icons in the menu bar have."""


def detached(icon_class: Any) -> Any:
    """The class with these changes.

    Args:
        icon_class: ``pystray._darwin.Icon``, or a class of it.
    """

    class DetachedIcon(icon_class):  # type: ignore[misc]
        _icon_image: Any

        def _assert_image(self) -> None:
            if self._icon_image is None:
                png = io.BytesIO()
                self._icon.save(png, "png")
                self._icon_image = macos.picture(png.getvalue(), min(_POINTS, self._status_bar.thickness()))
                self._status_item.button().setImage_(self._icon_image)

        def _stop(self) -> None:
            self._status_bar.removeStatusItem_(self._status_item)

    return DetachedIcon
