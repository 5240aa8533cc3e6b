"""The words of every toast, and hostile text in each place where the network's text goes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.news import wording
from telex_start.news.item import News
from telex_start.news.text import clean, cut, one_line
from telex_start.news.wording import away_summary, console_line, flood_summary, said, toast_of
from telex_start.toast import Action, Conversation, Place, Toast

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
WAVE = "\U0001f44b\U0001f3fd"
FLAG = "\U0001f1f3\U0001f1ec"


def news(
    name: str | None = "General", description: str | None = "hello", unread: int = 1, mentions: int = 0, **more: Any
) -> News:
    conversation = Conversation("o/u", "channels_section", "c")
    return News(conversation, name, description=description, unread=unread, mentions=mentions, **more)


def test_a_channel_in_the_only_organisation() -> None:
    assert toast_of(news(), "Org 1", False) == Toast(
        title="General",
        body="hello",
        organisation="Org 1",
        channel="General",
        unread=1,
        conversation=Conversation("o/u", "channels_section", "c"),
        place=Place(),
        actions=(Action.MUTE_HOUR,),
    )


def test_a_channel_in_one_of_several_organisations() -> None:
    assert toast_of(news(), "Org 1", True).title == "General · Org 1"


@pytest.mark.parametrize(
    ("unread", "mentions", "body"),
    [
        (0, 0, "hello"),
        (1, 0, "hello"),
        (1, 1, "hello\n1 unread, 1 mention"),
        (3, 0, "hello\n3 unread"),
        (3, 1, "hello\n3 unread, 1 mention"),
        (3, 2, "hello\n3 unread, 2 mentions"),
    ],
)
def test_the_counts_are_told_when_there_is_more_than_one_or_any_mention(unread: int, mentions: int, body: str) -> None:
    assert toast_of(news(unread=unread, mentions=mentions), "Org", False).body == body


@pytest.mark.parametrize("text", [None, "", " \n ", "\u200b", "\0\x07", "\u3164"])
def test_no_text_is_a_new_unread_message(text: str | None) -> None:
    assert toast_of(news(description=text), "Org", False).body == "New unread message"


@pytest.mark.parametrize("name", [None, "", "  ", "\0\n", "\u202e", "\u200b\u200d", "\u2800\u3164"])
def test_an_empty_name_is_the_organisations(name: str | None) -> None:
    toast = toast_of(news(name=name), "Org", True)
    assert (toast.title, toast.channel) == ("Org", None)
    assert toast_of(news(name=name), "\n", True).title == "Telex"


def test_an_organisation_without_a_name_leaves_no_dot_behind() -> None:
    toast = toast_of(news(), " ", True)
    assert (toast.title, toast.organisation) == ("General", None)


def test_news_without_an_identity_belongs_to_no_conversation() -> None:
    nameless = News(Conversation("o/u", "", ""), counted=False)
    assert toast_of(nameless, "Org", True) == Toast(
        title="Org", body="New unread message", organisation="Org", place=Place()
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\0b\x07c\x1b[31md\x7fe\x9bf", "abc[31mdef"),
        ("a\u202eb\u202ac\u2066d\u2069e\u206af", "abcdef"),
        ("a\tb", "a b"),
        ("one\r\ntwo\rthree\u2028four\u2029five\x85six\x0bseven", "one\ntwo\nthree\nfour\nfive\nsix\nseven"),
        ("half \ud83d!", "half \ufffd!"),
        ("half \ude00", "half \ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00\ud83dx", "\ufffd\U0001f600\ufffdx"),
        (f"{FAMILY}{ENGLAND}{WAVE}{FLAG}", f"{FAMILY}{ENGLAND}{WAVE}{FLAG}"),
        ("می\u200cخواهم \u200fשלום", "می\u200cخواهم \u200fשלום"),
        ("<b>bold</b> & co", "<b>bold</b> & co"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_a_title_has_no_line_breaks() -> None:
    assert one_line("a\nb\r\n\r\n c\u2028d") == "a b c d"
    assert toast_of(news(name="a\nb"), "O\nrg", True).title == "a b · O rg"


def test_titles_are_cut_at_200() -> None:
    assert toast_of(news(name="x" * 200), "Org", False).title == "x" * 200
    assert toast_of(news(name="x" * 201), "Org", False).title == "x" * 199 + "…"


def test_a_long_name_does_not_push_the_organisation_out_of_the_title() -> None:
    title = toast_of(news(name="x" * 500), "Org 1", True).title
    assert (len(title), title[-10:]) == (200, "x… · Org 1")
    title = toast_of(news(name="x" * 500), "o" * 500, True).title
    assert len(title) == 200
    assert title.endswith("x… · " + "o" * 79 + "…")
    title = toast_of(news(name="short"), "o" * 500, True).title
    assert (len(title), title[:9]) == (200, "short · o")


def test_bodies_are_cut_at_1000_and_keep_the_counts() -> None:
    assert toast_of(news(description="x" * 1000), "Org", False).body == "x" * 1000
    assert toast_of(news(description="x" * 1001), "Org", False).body == "x" * 999 + "…"
    body = toast_of(news(description="x" * 5000, unread=3, mentions=1), "Org", False).body
    assert len(body) == 1000
    assert body.endswith("x…\n3 unread, 1 mention")


@pytest.mark.parametrize("sign", [FAMILY, ENGLAND, WAVE, FLAG, "e\u0301\u0323", "ก\u0e34\u0e48", "❤\ufe0f", "कि"])
def test_no_sign_is_cut_in_half(sign: str) -> None:
    for before in range(40):
        shown = cut("x" * before + sign * 40, 40)
        assert shown.endswith("…")
        assert len(shown) <= 40
        inside = shown[before:-1]
        assert inside == sign * (len(inside) // len(sign))


def test_a_heap_of_marks_is_cut_all_the_same() -> None:
    assert len(cut("a" + "\u0301" * 5000, 100)) == 100
    assert len(cut("\U0001f1e6" * 5000, 100)) in (99, 100)


def test_megabytes_are_cleaned_in_no_time() -> None:
    start = time.perf_counter()
    for piece in (" ", "\n ", "\u0301", "\u202e", "\ud83d", " \t\r"):
        toast = toast_of(news(piece * 1_000_000, piece * 1_000_000, message=piece * 1_000_000), piece * 1_000_000, True)
        assert len(toast.title) <= 200
        assert len(toast.body) <= 1000
        console_line(toast)
    assert time.perf_counter() - start < 1.0


def test_summaries_read_whole() -> None:
    assert console_line(flood_summary(997, 12)) == "Telex: 997 more in 12 conversations"
    assert console_line(flood_summary(1, 1)) == "Telex: 1 more in 1 conversation"
    assert console_line(away_summary(12, 4)) == "While you were away: 12 unread in 4 conversations"
    assert console_line(away_summary(1, 1)) == "While you were away: 1 unread in 1 conversation"
    for toast in (flood_summary(5, 2), away_summary(5, 2)):
        assert toast.summary
        assert (toast.organisation, toast.channel, toast.conversation, toast.unread) == (None, None, None, 5)


def test_what_the_program_says() -> None:
    assert "Right-click the icon and choose Login." in wording.SIGNED_OUT.body
    for toast in (wording.SIGNED_OUT, wording.SIGN_IN_NEEDED, wording.no_tray("x", True), wording.SAMPLE):
        assert toast.title == one_line(toast.title)
        assert toast.body == clean(toast.body) != ""
    assert said("A\nB", "c\x1bd\ne") == Toast(title="A B", body="cd\ne", key="A B")
    assert said("", "x").title == "Telex"


def test_a_console_line_is_one_line() -> None:
    toast = Toast(title="Gen\neral", body="hello\n\n3 unread\x1b]0;evil\x07")
    assert console_line(toast) == "Gen eral: hello · 3 unread]0;evil"
    assert console_line(Toast(title="Alone", body=" ")) == "Alone"


HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Mn")),
        st.sampled_from("\r\n\t\u200d\ufe0f\U0001f1e6\U0001f468"),
    )
)
FORBIDDEN = {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), *"\u202a\u202b\u202c\u202d\u202e\u2028\u2029"} | {
    *map(chr, range(0x2066, 0x2070))
}


@given(HOSTILE, HOSTILE, HOSTILE, st.booleans(), st.tuples(st.integers(0, 5), st.integers(0, 5)))
@example("\ud83d", "\udc00" * 2000, "\ud83d" * 300, True, (5, 5))
def test_whatever_comes_a_toast_is_fit_to_show(
    name: str, text: str, organisation: str, several: bool, counts: tuple[int, int]
) -> None:
    toast = toast_of(news(name, text, *counts), organisation, several)
    assert 0 < len(toast.title) <= 200
    assert 0 < len(toast.body) <= 1000
    assert not FORBIDDEN & set(toast.title)
    assert not (FORBIDDEN - {"\n"}) & set(toast.body)
    (toast.title + toast.body).encode()
    assert not FORBIDDEN & set(console_line(toast))


@given(HOSTILE)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)
