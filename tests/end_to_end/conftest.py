"""A Telex for the tests of a file, which leave it as it was: an organisation, and no limit to the calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import HISTORY, Sandbox


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0", *HISTORY) as sandbox:
        yield sandbox
