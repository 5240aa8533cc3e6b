"""Reading what the network sent: every field may be absent, of another type than it should be, or megabytes long. Pure.

What is kept of a publication is cut to size here, and is otherwise as it came; see :mod:`.markup` and :mod:`.text` for
how it is made fit to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"

MOST_COUNT = 999_999
"""No conversation counts higher: a number from the network must not grow the program or its words without end."""
LONGEST_ID = 128
"""Characters; what is longer is no id."""
LONGEST_NAME = 256
"""Characters that are kept of a name."""
LONGEST_TEXT = 8000
"""Characters that are kept of a message or description, markup included."""

_ID_KEYS = ("channels_id", "channel_id", "id")
_AGENT_ID_KEYS = ("id", "channels_id", "channel_id")


class Publication(NamedTuple):
    """A publication's envelope. All of it may be empty."""

    kind: str
    """The ``notification_type``."""
    section: str
    event: str
    """The ``notification_id``; empty where there is none that can be one."""
    fields: Mapping[Any, Any]


def publication(data: Any) -> Publication | None:
    """The publication that this decoded JSON is; ``None`` if it is none."""
    if not isinstance(data, dict):
        return None
    kind = data.get("notification_type")
    if not isinstance(kind, str):
        return None
    section = data.get("section")
    fields = data.get("data")
    return Publication(
        kind,
        section[:LONGEST_NAME] if isinstance(section, str) else "",
        word(data.get("notification_id")),
        fields if isinstance(fields, dict) else {},
    )


def integer(value: Any) -> int | None:
    """The count that a value is, from 0 to :data:`MOST_COUNT`; ``None`` if it is no integer (``True`` is none)."""
    if type(value) is not int:
        return None
    return value if 0 <= value <= MOST_COUNT else max(0, min(value, MOST_COUNT))


def word(value: Any) -> str:
    """The id that a value is; empty if it is none."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_ID else ""
    return str(value) if type(value) is int and 0 <= value < 1 << 64 else ""


def own_id(section: str, fields: Mapping[Any, Any]) -> str:
    """The id of a conversation; empty if it has none."""
    for key in _AGENT_ID_KEYS if section == AGENTS else _ID_KEYS:
        if ident := word(fields.get(key)):
            return ident
    return ""


def ident(section: str, fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation within its section: its id, else its name; empty if nothing does."""
    return own_id(section, fields) or named(fields)


def named(fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation that has no id: its name; empty if it has none."""
    return first(fields, "name", "username") or ""


def name(value: Any) -> str | None:
    """The name that a value is, cut to size; ``None`` if it is none."""
    return value[:LONGEST_NAME] if isinstance(value, str) and value else None


def text(value: Any) -> str | None:
    """The text that a value is, cut to size; ``None`` if it is none."""
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None


def first(fields: Mapping[Any, Any], *keys: str) -> str | None:
    """The first of these fields that is a name."""
    for key in keys:
        if found := name(fields.get(key)):
            return found
    return None
