"""Signing in by mail: which pasted links and codes are accepted, and the message for anything else."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.config import ENVIRONMENTS
from telex_start.sign_in_link import code_of

PATH = "auth/login/magic-link"
LINK = f"https://telex.im/{PATH}?token=123456"
WRAPPED = f"https://eur01.safelinks.protection.outlook.com/?url={quote(LINK, safe='')}&data=05%7C02&reserved=0"


def read(text: str, environment: str = "production") -> str:
    where = ENVIRONMENTS[environment]
    return code_of(text, where.api_url, where.web_url)


@pytest.mark.parametrize(
    "text",
    [
        *("123456", " 123 456\n", "12 34 56", "\u200b123\u00a0456\ufeff", "“123456”"),
        *(LINK, f"  <{LINK}>\r\n", f'"{LINK}"', f"“{LINK}”", LINK.replace("login", "lo\n gin"), f"HTTPS{LINK[5:]}"),
        *(f"https://zedu.chat/{PATH}?token=123456", f"https://app.telex.im/x/{PATH}/?a=b&token=123456#top"),
        *(
            f"https://{host}?token=123456"
            for host in ("api.telex.im/magick-link/verify", "telex.im./magic-link/verify/")
        ),
        *(f"zedu://{PATH}?token=123456", "zedu:magic-link?token=123456", "ZEDU://magick-link/?token=%20123456"),
        *(WRAPPED, f"<{WRAPPED}>"),
    ],
)
def test_digits_and_links_that_sign_in_are_taken(text: str) -> None:
    assert read(text) == "123456"


NOTHING, NEITHER, ANOTHER = (
    "Paste the link from the mail here",
    "This is neither a link nor digits.",
    "This is another link",
)
CUT_OFF, STAGING = "This link has been cut off", "This link is for Telex's staging, not for Telex."


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (NOTHING, ["", " \n", "<>"]),
        (NEITHER, ["ada", "Your code: 123456", "１２３４５６", "https:", "https://[", "-123456"]),
        (NEITHER, ["telex.im/magic-link?token=123456"]),
        (
            ANOTHER,
            [f"http{LINK[5:]}", f"javascript{LINK[5:]}", "https://telex.im/auth/reset-password/verify?token=123456"],
        ),
        (ANOTHER, [f"https://telex.im/{path}?token=123456" for path in ("invite", "no-magic-link", "#/magic-link")]),
        (ANOTHER, [WRAPPED.replace(quote(LINK, safe=""), quote(WRAPPED, safe=""))]),  # twice
        (ANOTHER, [WRAPPED.replace("eur01.safelinks.protection.outlook.com", "outlook.com.example")]),
        (CUT_OFF, [LINK.partition("?")[0], LINK.replace("123456", ""), LINK.replace("token", "Token")]),
        (STAGING, [LINK.replace("telex.im", host) for host in ("staging.zedu.chat", "api.staging.telex.im")]),
        *(
            (
                f"This link is for {service}, not for Telex. Paste the link that Telex has",
                [LINK.replace("telex.im", host)],
            )
            for host, service in (
                ("eviltelex.im", "eviltelex.im"),
                ("telex.im:x@Evil.example:8443", "evil.example"),
                (f"{'a' * 63}.{'b' * 63}.example", f"…{'b' * 52}.example"),
                ("staging.example", "staging.example"),
                ("123456.example", "another service"),
            )
        ),
    ],
)
def test_what_is_no_sign_in_link_of_ours_is_said_to_be_so_and_never_with_its_code(words: str, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=f"^{re.escape(words)}") as caught:
            read(text)
        assert "123456" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_telex_and_zedu_are_one_service_and_a_telex_of_ones_own_is_known_by_its_hosts() -> None:
    for link, ours in (("production", "zedu"), ("zedu", "production"), ("staging", "zedu-staging")):
        assert read(f"{ENVIRONMENTS[link].web_url}/magic-link?token=1", ours) == "1"
    own = "https://api.chat.example:8443/api/v1", "https://chat.example"
    for host in ("chat.example", "API.chat.example"):
        assert code_of(f"https://{host}/magic-link?token=1", *own) == "1"
    with pytest.raises(ValueError, match=r"for Telex, not for api\.chat\.example or chat\.example"):
        code_of(LINK, *own)


PIECES = st.sampled_from(
    [LINK, WRAPPED, "https://", "zedu:", "magic-link", "/", "?token=", "&", "[", "]", "@", ":", "%", "#"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join)))
@example("https://\u2100.telex.im/magic-link?token=123456")  # urlsplit's error message for it contains the host
@example("https://[::1/magic-link?token=123456")
@example("\ud83d")
def test_whatever_is_pasted_there_is_a_code_or_a_sentence(text: str) -> None:
    try:
        code = read(text)
    except ValueError as error:
        assert re.fullmatch(r"[A-Z].*[.]", str(error))
        assert "123456" not in str(error)
    else:
        assert code and code.isprintable()
