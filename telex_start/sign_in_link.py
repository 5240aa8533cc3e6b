"""Reads the code from what a person pastes who signs in by mail: the link that Telex has mailed, or its digits.

Pure: nothing is ever opened or fetched from a link, since that would use it up.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

_LONGEST = 10_000
"""Characters; a wrapped link has one or two thousand."""
_AROUND = "<>()[]\"'“”„‘’‚«»‹›"
"""What stands around a link in a mail."""
_SIGN_IN = re.compile(r"(?:.*/)?magick?-link(?:/verify)?/?")
"""The path of a link that signs in."""
_SAFE_LINKS = ".safelinks.protection.outlook.com"
"""The hosts of a mail filter, which wraps a link: the query's ``url`` is the original."""
_TELEX = ("telex.im", "zedu.chat")
"""Telex and its newer name are the same service."""
_MOST_NAMED = 60
"""Characters of a host that are shown."""

_NOTHING = "Paste the link from the mail here, or type its digits."
_NEITHER = "This is neither a link nor digits. Copy the link from the mail, and paste it here."
_ANOTHER = "This is another link, and none for signing in. Copy the link from the mail that you have asked for."
_CUT_OFF = "This link has been cut off: its code is missing. Copy the whole link from the mail."


def code_of(text: str, api_url: str, web_url: str) -> str:
    """The code in what was pasted or typed; a secret like a password.

    Args:
        text: Digits, or a link as a mail shows it: wrapped over lines, in angle brackets, rewritten by a mail filter.
        api_url, web_url: Of the Telex that is signed in to.

    Raises:
        ValueError: there is none; a sentence for the person says why, and what to do. It never holds the code.
    """
    text = _plain(text[:_LONGEST])
    if not text:
        raise ValueError(_NOTHING)
    if re.fullmatch("[0-9]+", text):
        return text
    link = _split(text)
    if link.scheme == "https" and (link.hostname or "").endswith(_SAFE_LINKS):
        link = _split(_value(link, "url"))
    if link.scheme != "zedu" and not link.netloc:
        raise ValueError(_NEITHER)
    # Of zedu://auth/login/magic-link the first step of the path looks like a host.
    path = link.netloc + link.path if link.scheme == "zedu" else link.path
    if link.scheme not in ("https", "zedu") or not _SIGN_IN.fullmatch(path):
        raise ValueError(_ANOTHER)
    code = _value(link, "token")
    if not code:
        raise ValueError(_CUT_OFF)
    if link.scheme == "https":
        theirs, ours = _service(link), dict.fromkeys(_service(_split(url)) for url in (api_url, web_url))
        if theirs not in ours:
            theirs = theirs if code.lower() not in theirs else "another service"
            names = " or ".join(ours)
            raise ValueError(f"This link is for {theirs}, not for {names}. Paste the link that {names} has mailed.")
    return code


def _plain(text: str) -> str:
    """The text without blanks, line breaks, invisible characters, and what stands around a link."""
    return "".join(letter for letter in text if letter.isprintable() and letter != " ").strip(_AROUND)


def _split(text: str) -> SplitResult:
    """A link's parts; all of them empty if it is no link."""
    try:
        return urlsplit(text)
    except ValueError:  # the error's words may hold the code
        return urlsplit("")


def _value(link: SplitResult, name: str) -> str:
    return _plain(parse_qs(link.query).get(name, [""])[0])


def _service(link: SplitResult) -> str:
    """The service that a link belongs to, in words."""
    host = (link.hostname or "").rstrip(".")
    if any(f".{host}".endswith(f".{name}") for name in _TELEX):
        return "Telex's staging" if "staging" in host.split(".") else "Telex"
    return host if len(host) <= _MOST_NAMED else f"…{host[-_MOST_NAMED:]}"
