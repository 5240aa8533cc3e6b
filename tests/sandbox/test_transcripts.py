"""The push server answers as a real Centrifugo does.

``transcripts.json`` holds what Centrifugo v6.9.1 answered in every dialogue. The sandbox's own push server has to
answer the same; and, where Go is at hand, real Centrifugos are asked again, so that the record stays true.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Transcripts
from tests.sandbox.dialogues import DIALOGUES, Transcript

RECORD = Path(__file__).parent / "transcripts.json"


@pytest.fixture(scope="module")
def record() -> dict[str, Transcript]:
    loaded: dict[str, Transcript] = json.loads(RECORD.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def own() -> Transcripts:
    return Transcripts("own")


@pytest.fixture(scope="module")
def v6() -> Transcripts:
    return Transcripts("v6")


@pytest.fixture(scope="module")
def v5() -> Transcripts:
    return Transcripts("v5")


def without_publication_epochs(value: Any) -> Any:
    """v6.9 puts the epoch into the first publication of a stream; v5 does not."""
    if isinstance(value, list):
        return [without_publication_epochs(item) for item in value]
    if isinstance(value, dict):
        keys = [key for key in value if not (key == "epoch" and "data" in value)]
        return {key: without_publication_epochs(value[key]) for key in keys}
    return value


def test_every_dialogue_is_on_record(record: dict[str, Transcript]) -> None:
    assert sorted(record) == sorted(DIALOGUES)


@pytest.mark.parametrize("name", DIALOGUES)
def test_own_push_server(name: str, own: Transcripts, record: dict[str, Transcript]) -> None:
    assert own.differs(name, record[name]) is None


@pytest.mark.centrifugo
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DIALOGUES)
def test_centrifugo_v6(name: str, v6: Transcripts, record: dict[str, Transcript]) -> None:
    assert v6.differs(name, record[name]) is None


@pytest.mark.centrifugo
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DIALOGUES)
def test_centrifugo_v5(name: str, v5: Transcripts, record: dict[str, Transcript]) -> None:
    assert v5.differs(name, without_publication_epochs(record[name])) is None
