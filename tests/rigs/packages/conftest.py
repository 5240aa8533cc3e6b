"""What is built once for all tests of packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rigs.packages.building import Built, build, clone


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit, in a folder of its own."""
    return clone(tmp_path_factory.mktemp("source") / "telex-start")


@pytest.fixture(scope="session")
def built(source: Path) -> Built:
    """Wheel and sdist of the last commit."""
    return build(source)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure, also where the test passes."""

    def to_be_read(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figure}")

    return to_be_read
