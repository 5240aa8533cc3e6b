"""The fixture for tests of windows: a desktop with a window manager, without panel and dunst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.real_desktop import RealDesktop


@pytest.fixture(scope="module")
def desktop() -> Iterator[RealDesktop]:
    """A desktop that the tests of a file share, with a window manager alone."""
    from tests.real_desktop import RealDesktop  # only Linux has what it imports

    with RealDesktop(panel=None, dunst=False) as desktop:
        yield desktop
