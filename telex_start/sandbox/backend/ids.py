"""Ids that Telex makes as things happen."""

from __future__ import annotations

import os
import time
import uuid


def uuid7() -> str:
    """A UUID of version 7: its first 48 bits are the time in milliseconds."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    value = int.from_bytes(stamp + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
