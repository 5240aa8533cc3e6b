"""A Telex for the tests of a file, which leave it as it was: an organisation, no limit to the calls; and a desktop."""

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
    """One with a Telex of its own."""
    from tests.end_to_end.desk import Desk  # only Linux has what it imports

    with Desk(tmp_path) as desk:
        yield desk
