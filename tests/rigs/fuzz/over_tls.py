"""What the targets share that meet a server over a real connection."""

from __future__ import annotations

import ssl
import time
from contextlib import ExitStack
from typing import Any, Self

from hypothesis import strategies as st

from telex_start.net.dialling import Dialler

from .material import joined, mostly
from .raw_server import RawServer
from .recorder import Recorder
from .target import Case, NoCase, Target

_POURED_AT_ONCE = 64 << 10
"""Characters."""


def answers(answer: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Cases of :class:`OverTls`: few hold the connection, as those take long."""
    return mostly(
        st.fixed_dictionaries({"answer": answer}),
        st.fixed_dictionaries({"answer": answer, "hold": st.just(True)}),
        20,
    )


class OverTls(Target):
    """A case has the ``answer``, as parts, that the server sends to a request or handshake.

    With ``hold`` the server keeps the connection after that; it pours out ``pour``, a text, over and over.

    Attributes:
        library: The logger of the library beneath, which is recorded too.
    """

    library: str

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._server = self._stack.enter_context(RawServer())
        context = ssl.create_default_context(cafile=self._server.ca_file)  # the system's authorities take 50 ms
        self._dialler = Dialler(context, time.monotonic)
        self._recorder = Recorder("telex_start", self.library)
        self._recorder.begin()
        self._stack.callback(self._recorder.end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def serve(self, case: Case) -> bool:
        """Have the server answer so; whether it holds the connection after that.

        Raises:
            NoCase: it is none.
        """
        if not isinstance(case, dict):
            raise NoCase
        hold = case.get("hold") is True
        pour = case.get("pour", "")
        if not isinstance(pour, str):
            raise NoCase
        self._server.answer, self._server.hold = joined(case.get("answer")), hold
        self._server.pour = joined([pour] * bool(pour)) * (_POURED_AT_ONCE // max(1, len(pour)))
        self._server.kept = []
        return hold
