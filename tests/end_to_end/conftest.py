"""Fixtures: a sandbox that the tests of a file share and leave as it was, without rate limit; and a desktop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import HISTORY, Sandbox

if TYPE_CHECKING:
    from tests.end_to_end.desk import Desk


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0", *HISTORY) as sandbox:
        yield sandbox


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desktop with a sandbox of its own."""
    from tests.end_to_end.desk import Desk  # only Linux has what it imports

    with Desk(tmp_path) as desk:
        yield desk
