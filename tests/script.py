"""A Python program that is there for a test: it shows one part of ours and does what it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from .process import ROOT, Process


class Script(Process):
    """A Python program in a process of its own.

    Args:
        command: The script and its arguments, relative to the repository.
        environ: What its environment has beside ``PATH`` and the like.
    """

    def __init__(self, *command: str, environ: Mapping[str, str]) -> None:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        super().__init__([sys.executable, *command], {**kept, "NO_AT_BRIDGE": "1", "PYTHONPATH": str(ROOT), **environ})
