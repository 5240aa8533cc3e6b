"""The places where bytes from the network come in, as targets."""

from __future__ import annotations

from ..target import Target
from .answers import Answers
from .frames import Frames
from .handshakes import Handshakes
from .http import Http
from .look_ups import LookUps
from .names import Names
from .protocol import Protocol
from .publications import Publications

ALL: tuple[type[Target], ...] = (Frames, Protocol, Handshakes, Http, Answers, LookUps, Publications, Names)
