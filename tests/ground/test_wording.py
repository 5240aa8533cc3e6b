"""The words of toasts: titles, bodies and counts, made from any input, with HTML made plain and cut to size."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.events import Organisation, OrganisationsChanged
from telex_start.news import wording
from telex_start.news.wording import console_line, said
from telex_start.toast import Action, Conversation, Place, Toast
from tests.ground.desk import Desk, change, message

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
WAVE = "\U0001f44b\U0001f3fd"
FLAG = "\U0001f1f3\U0001f1ec"


def shown(
    name: Any = "General",
    description: Any = "hello",
    unread: int = 1,
    mentions: int = 0,
    *,
    organisations: tuple[str, ...] = ("Org",),
) -> Toast:
    """The toast for a channel whose counts changed."""
    desk = Desk(0)
    found = (Organisation(f"o{n}", name, f"o{n}/u") for n, name in enumerate(organisations))
    desk.notifier.organisations(OrganisationsChanged((*found,)))
    desk.receive(change("c", unread, mentions, name=name, description=description))
    return desk.toasts[0]


def read(html: str) -> str:
    """The text that the toast of a message shows."""
    desk = Desk(1, "new_message")
    desk.receive(message(html))
    return desk.toasts[0].text or ""


def cut(text: str) -> str:
    return shown(description=text).body


# Titles and bodies.


def test_a_channel_in_the_only_organisation_and_in_one_of_several() -> None:
    assert shown() == Toast(
        title="General",
        body="hello",
        organisation="Org",
        channel="General",
        unread=1,
        conversation=Conversation("o0/u", "channels_section", "c"),
        place=Place("o0/u", ("home", "channels", "c")),
        actions=(Action.MARK_AS_READ, Action.MUTE_HOUR),
    )
    assert shown(organisations=("Org 1", "Org 2")).title == "General · Org 1"


@pytest.mark.parametrize(
    ("unread", "mentions", "body"),
    [
        (1, 0, "hello"),
        (1, 1, "hello\n1 unread, 1 mention"),
        (3, 0, "hello\n3 unread"),
        (3, 1, "hello\n3 unread, 1 mention"),
        (3, 2, "hello\n3 unread, 2 mentions"),
    ],
)
def test_the_counts_are_told_when_there_is_more_than_one_or_any_mention(unread: int, mentions: int, body: str) -> None:
    assert shown(unread=unread, mentions=mentions).body == body


@pytest.mark.parametrize("text", [None, "", " \n ", "\u200b", "\0\x07", "\u3164"])
def test_no_text_is_a_new_unread_message(text: str | None) -> None:
    assert shown(description=text).body == "New unread message"


@pytest.mark.parametrize("name", [None, "", "  ", "\0\n", "\u202e", "\u200b\u200d", "\u2800\u3164"])
def test_an_empty_name_is_the_organisations(name: str | None) -> None:
    toast = shown(name=name)
    assert (toast.title, toast.channel) == ("Org", None)
    assert shown(name=name, organisations=("\n", "x")).title == "Telex"


def test_an_organisation_without_a_name_leaves_no_dot_behind() -> None:
    toast = shown(organisations=(" ", "x"))
    assert (toast.title, toast.organisation) == ("General", None)


@pytest.mark.parametrize(
    ("raw", "body"),
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
def test_a_text_is_cleaned(raw: str, body: str) -> None:
    assert shown(description=raw).body == said("x", raw).body == body


def test_a_title_has_no_line_breaks() -> None:
    assert shown(name="a\nb\r\n\r\n c\u2028d", organisations=("O\nrg", "x")).title == "a b c d · O rg"


@pytest.mark.parametrize(
    ("name", "organisation", "title"),
    [
        ("x" * 200, "", "x" * 200),
        ("x" * 201, "", "x" * 199 + "…"),
        ("x" * 250, "Org 1", "x" * 191 + "… · Org 1"),
        ("x" * 250, "o" * 250, "x" * 116 + "… · " + "o" * 79 + "…"),
        ("short", "o" * 250, "short · " + "o" * 191 + "…"),
    ],
)
def test_titles_are_cut_at_200_and_keep_some_of_the_organisation(name: str, organisation: str, title: str) -> None:
    assert shown(name=name, organisations=(organisation, "x")).title == title
    assert len(title) == 200


def test_bodies_are_cut_at_1000_and_keep_the_counts() -> None:
    assert cut("x" * 1000) == "x" * 1000
    assert cut("x" * 1001) == "x" * 999 + "…"
    body = shown(description="x" * 5000, unread=3, mentions=1).body
    assert (len(body), body[-22:]) == (1000, "x…\n3 unread, 1 mention")


@pytest.mark.parametrize("sign", [FAMILY, ENGLAND, WAVE, FLAG, "e\u0301\u0323", "ก\u0e34\u0e48", "❤\ufe0f", "कि"])
def test_no_sign_is_cut_in_half(sign: str) -> None:
    for before in range(960, 1000):
        body = cut("x" * before + sign * 40)
        assert body.endswith("…") or len(body) == before + len(sign) * 40
        inside = body[before:].removesuffix("…")
        assert inside == sign * (len(inside) // len(sign))
        assert len(body) <= 1000 < len(body) + 1 + len(sign)


def test_a_heap_of_marks_is_cut_all_the_same() -> None:
    assert len(cut("a" + "\u0301" * 5000)) == 1000
    assert len(cut("\U0001f1e6" * 5000)) in (999, 1000)


@pytest.mark.parametrize("piece", [" ", "\n ", "\u0301", "\u202e", "\ud83d", " \t\r", "<a ", "<p>"])
def test_megabytes_are_words_of_a_toast_too(piece: str) -> None:
    desk = Desk(1, "new_message")
    desk.receive(message(piece * 1_000_000, channel_name=piece * 1_000_000, full_name=piece * 1_000_000))
    [toast] = desk.toasts
    assert (0 < len(toast.title) <= 200, 0 < len(toast.body) <= 1000) == (True, True)


def test_what_the_program_says() -> None:
    assert "Right-click the icon and choose Login." in wording.SIGNED_OUT.body
    for toast in (wording.SIGNED_OUT, wording.SIGN_IN_NEEDED, wording.no_tray("x", True), wording.SAMPLE):
        assert "\n" not in toast.title
        assert said(toast.title, toast.body, key=toast.key).body == toast.body != ""
    assert said("A\nB", "c\x1bd\ne") == Toast(title="A B", body="cd\ne", key="A B")
    assert said("", "x").title == "Telex"


def test_a_console_line_is_one_line() -> None:
    toast = Toast(title="Gen\neral", body="hello\n\n3 unread\x1b]0;evil\x07")
    assert console_line(toast) == "Gen eral: hello · 3 unread]0;evil"
    assert console_line(Toast(title="Alone", body=" ")) == "Alone"


# HTML.


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>the build is <b>green</b></p>", "the build is green"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>to do:</p><ul><li>one</li><li><p>two</p></li></ul>", "to do:\none\ntwo"),
        ("R&amp;D: 1 &lt; 2 &#128077; &eacute;&nbsp;x", "R&D: 1 < 2 👍 é x"),
        ("<p>a&nbsp;&nbsp;b \n\n c</p>", "a b c"),
        ("<p>run <code>make test</code></p>", "run make test"),
        ("<pre><code>if x:\n    go()\n</code></pre> \n <p>a\n b</p>", "if x:\n    go()\na b"),
        ('<a href="https://evil.example/">the report</a>', "the report"),
        ("<script>steal()</script><style>p{}</style>hello", "hello"),
        ("<title><img alt='x'>y</title></title>z<title/>", "z"),
        ("<script>steal()", ""),
        ('<img src="https://evil.example/x.png">', ""),
        ('<p><img alt="👍" src="x"> fine</p>', "👍 fine"),
        ("<span class='mention'>@Ada</span>, look", "@Ada, look"),
        ("<!-- <b>draft</b> -->sent<!-- x --><p>it", "sent\nit"),
        ("📷 Photo", "📷 Photo"),
        ("two\nlines", "two\nlines"),
        ("a < b", "a < b"),
        ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
        # For each tag without an end, Python's parser searches all the rest: long texts took 1.5 seconds.
        ("x <a <a y <b>bold</b>", "x <a <a y bold"),
        ("<p>never closed", "never closed"),
        ("&lt;script&gt;", "<script>"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_as_a_person_reads_it(html: str, text: str) -> None:
    assert read(html) == text


@pytest.mark.parametrize("html", ["<![<![", "<![>x", "<!x[y]>", "<![if !vml]>x<![endif]>"])
def test_what_the_parser_of_python_3_11_asserts_against_raises_nothing(html: str) -> None:
    read(html)


def test_a_message_that_is_cut_ends_before_a_tag() -> None:
    begin = "<p>" + "<b></b>" * 1140 + "x"
    assert read(begin + "y" * (7999 - len(begin)) + "<br>z") == "x" + "y" * (7999 - len(begin))
