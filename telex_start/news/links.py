"""Addresses in the web app. Pure.

Ids and slugs come from the network: each becomes one percent-encoded segment, and one that could lead elsewhere (it is
empty, a dot segment, or holds a slash) leads to the web app's root instead.
"""

from __future__ import annotations

from urllib.parse import quote

from ..toast import Place

_ELSEWHERE = frozenset({"", ".", ".."})


def address(web: str, slug: str, place: Place) -> str:
    """The address of a place.

    Args:
        web: The web app's address.
        slug: What the place's organisation is called in addresses; empty where that is not known.
        place: Its ids as they came.
    """
    root = web.rstrip("/")
    if not place.channel or not slug:
        return root
    segments = [_segment(part) for part in (slug, *place.path)]
    if not all(segments):
        return root
    thread = _segment(place.thread)
    return "/".join([root, *segments]) + (f"?thread_id={thread}" if thread and place.path else "")


def _segment(value: str) -> str:
    """One percent-encoded segment; empty for what cannot be one."""
    if value in _ELSEWHERE or "/" in value or "\\" in value:
        return ""
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:  # half an emoji
        return ""
