"""What is taken of what a person pastes to sign in by mail, and what they are told of the rest."""

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
        *(
            LINK,
            f"  <{LINK}>\r\n",
            f'"{LINK}"',
            f"“{LINK}”",
            LINK.replace("login", "lo\n gin"),
            LINK.upper()[:8] + LINK[8:],
        ),
        *(f"https://zedu.chat/{PATH}?token=123456", f"https://app.telex.im/x/{PATH}/?a=b&token=123456#top"),
        *(
            "https://api.telex.im/api/v1/auth/magick-link/verify?token=123456",
            "https://telex.im./magic-link/verify/?token=123456",
        ),
        *(f"zedu://{PATH}?token=123456", "zedu:magic-link?token=123456", "ZEDU://magick-link/?token=%20123456"),
        *(WRAPPED, f"<{WRAPPED}>"),
    ],
)
def test_digits_and_links_that_sign_in_are_taken(text: str) -> None:
    assert read(text) == "123456"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *((text, "Paste the link from the mail here") for text in ("", " \n", "<>")),
        *(
            (text, "This is neither a link nor digits.")
            for text in ("ada", "Your code: 123456", "１２３４５６", "https:", "https://[")
        ),
        *((text, "This is neither a link nor digits.") for text in ("telex.im/magic-link?token=123456", "-123456")),
        (LINK.replace("https", "http"), "This is another link"),
        ("https://telex.im/invite?token=123456", "This is another link"),
        ("https://telex.im/auth/reset-password/verify?token=123456", "This is another link"),
        ("https://telex.im/no-magic-link?token=123456", "This is another link"),
        ("https://telex.im/#/magic-link?token=123456", "This is another link"),
        ("javascript://telex.im/magic-link?token=123456", "This is another link"),
        (WRAPPED.replace(quote(LINK, safe=""), quote(WRAPPED, safe="")), "This is another link"),
        (WRAPPED.replace("eur01.safelinks.protection.outlook.com", "outlook.com.example"), "This is another link"),
        (LINK.partition("?")[0], "This link has been cut off"),
        (LINK.replace("123456", ""), "This link has been cut off"),
        (LINK.replace("token", "Token"), "This link has been cut off"),
        *(
            (
                LINK.replace("telex.im", host),
                f"This link is for {service}, not for Telex. Paste the link that Telex has",
            )
            for host, service in (
                ("staging.zedu.chat", "Telex's staging"),
                ("api.staging.telex.im", "Telex's staging"),
                ("eviltelex.im", "eviltelex.im"),
                ("telex.im:x@Evil.example:8443", "evil.example"),
                (f"{'a' * 63}.{'b' * 63}.example", f"…{'b' * 52}.example"),
                ("staging.example", "staging.example"),
                ("123456.example", "another service"),
            )
        ),
    ],
)
def test_what_is_no_sign_in_link_of_ours_is_said_to_be_so_and_never_with_its_code(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}") as caught:
        read(text)
    assert "123456" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("link", "ours"), [("production", "zedu"), ("zedu", "production"), ("staging", "zedu-staging")]
)
def test_telex_and_zedu_are_one_service(link: str, ours: str) -> None:
    assert read(f"{ENVIRONMENTS[link].web_url}/magic-link?token=1", ours) == "1"


def test_a_telex_of_ones_own_is_known_by_its_hosts() -> None:
    api, web = "https://api.chat.example:8443/api/v1", "https://chat.example"
    assert code_of("https://chat.example/magic-link?token=1", api, web) == "1"
    assert code_of("https://API.chat.example/magic-link?token=1", api, web) == "1"
    with pytest.raises(ValueError, match=r"for Telex, not for api\.chat\.example or chat\.example"):
        code_of(LINK, api, web)


PIECES = st.sampled_from(
    [LINK, WRAPPED, "https://", "zedu:", "magic-link", "/", "?token=", "&", "[", "]", "@", ":", "%", "#"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join)))
@example("https://\u2100.telex.im/magic-link?token=123456")  # urlsplit refuses it by a sentence that holds the host
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
