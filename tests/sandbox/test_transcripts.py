"""The push server answers as a real Centrifugo does.

``transcripts.json`` holds what Centrifugo v6.9.1 answered in every dialogue. The sandbox's own push server has to
answer the same; and, where Go is at hand, real Centrifugos are asked again, so that the record stays true.
``python -m tests.sandbox.test_transcripts`` asks a real Centrifugo v6 again and rewrites the record.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import PUSH_SERVERS, push_server_options
from tests.sandbox.dialogues import DIALOGUES, GROUPS, Transcript, play
from tests.servers import Sandbox

RECORD = Path(__file__).parent / "transcripts.json"
_TRIES = 3


class Transcripts:
    """The transcripts of all dialogues with a push server."""

    def __init__(self, which: str) -> None:
        self.which = which
        self._options = push_server_options(which)
        self.heard: dict[str, Transcript] = {}
        """What was said last, by the dialogue's name."""
        with ThreadPoolExecutor() as pool:  # all groups at once
            for part in pool.map(self._play, GROUPS):
                self.heard |= part

    def differs(self, name: str, record: Transcript) -> Transcript | None:
        """What was said instead of what is on record, if anything was.

        A server counts the seconds that a client takes to say something, and that its token is good for; on a busy
        machine some of so many dialogues at once are too slow for that. One that differs is played again by itself.
        """
        for _ in range(_TRIES):
            if self.heard[name] == record:
                return None
            self.heard |= self._play(DIALOGUES[name][0], name)
        return None if self.heard[name] == record else self.heard[name]

    def _play(self, group: str, *names: str) -> dict[str, Transcript]:
        of_group = [name for name, (there, _) in DIALOGUES.items() if there == group]
        with Sandbox(*GROUPS[group], *self._options) as sandbox:
            return play(sandbox, [*names] or of_group)


@pytest.fixture(scope="module")
def record() -> dict[str, Transcript]:
    loaded: dict[str, Transcript] = json.loads(RECORD.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module", params=PUSH_SERVERS)
def transcripts(request: pytest.FixtureRequest) -> Transcripts:
    return Transcripts(request.param)


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


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DIALOGUES)
def test_it_is_answered_as_on_record(name: str, transcripts: Transcripts, record: dict[str, Transcript]) -> None:
    expected = without_publication_epochs(record[name]) if transcripts.which == "v5" else record[name]
    assert transcripts.differs(name, expected) is None


if __name__ == "__main__":
    heard = Transcripts("v6").heard
    lines = [f"{json.dumps(name)}: {json.dumps(heard[name], sort_keys=True)}" for name in sorted(heard)]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
