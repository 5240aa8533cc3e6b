"""What the runner wants of a target, and what a target says when it has found something."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from hypothesis.strategies import SearchStrategy

Case = Any
"""Any JSON value. Lone surrogates are allowed in its texts."""


class Finding(AssertionError):
    """Something that must not be; the text says what."""


class NoCase(Exception):
    """This JSON value is no case of the target: a change has made nonsense of it."""


class Target:
    """One place where bytes from the network come in.

    Attributes:
        name: Also its folder in the corpus.
        what: What is fuzzed, in a few words.
        cases: Makes cases that are nearly right.
        within: Seconds of processor time that a case may take.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    cases: SearchStrategy[Case]
    within: ClassVar[float] = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def run(self, case: Case) -> None:
        """Try one case.

        Raises:
            NoCase: it is none.
            Exception: any other: a finding.
        """
        raise NotImplementedError


def require(holds: object, complaint: str) -> None:
    """Something must hold.

    Raises:
        Finding: it does not.
    """
    if not holds:
        raise Finding(complaint)
