"""Libraries of the agent, imported without what they import and an agent never uses (docs/weight.md).

What is stood in for is imported all the same once something is wanted of it that is not given here
(:mod:`.stand_ins`).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import SimpleNamespace

from .stand_ins import StandIn, standing_in


class _Never:
    """Stands for a class of values that this program has none of."""


def begin() -> None:
    """Import them, unless that has been done; before anything else imports them."""
    if "msgspec" not in sys.modules:
        with standing_in(*_for_the_standard_library(), *_for_msgspec()):
            for name in ("logging", "urllib.parse", "msgspec"):
                import_module(name)


def _for_the_standard_library() -> list[StandIn]:
    return [
        StandIn("traceback"),  # logging, for an exception in the log
        StandIn("ipaddress"),  # urllib.parse, for an address in brackets (Python 3.11.4)
    ]


def _for_msgspec() -> list[StandIn]:
    """msgspec 0.22.0: its types for UUID and Decimal, and its modules for what is no JSON."""
    stand_ins = [
        StandIn("uuid", UUID=_Never, SafeUUID=SimpleNamespace(unknown=None)),
        StandIn("decimal", Decimal=_Never),
        StandIn("msgspec.inspect"),
        StandIn("msgspec._json_schema", schema=None, schema_components=None),
        *(StandIn(f"msgspec.{name}") for name in ("msgpack", "toml", "yaml")),
    ]
    if sys.version_info < (3, 12):
        import _datetime  # type: ignore[import-not-found]

        # Python 3.11 makes each of its classes twice, first in Python.
        used = {name: value for name, value in vars(_datetime).items() if not name.startswith("__")}
        stand_ins.append(StandIn("datetime", **used))
    return stand_ins
