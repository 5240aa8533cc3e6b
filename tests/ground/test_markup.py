"""What people write is HTML: it is shown as plain text, fast, whatever it holds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.news import markup
from telex_start.news.markup import MOST_READ, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>the build is <b>green</b></p>", "the build is green"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>to do:</p><ul><li>one</li><li><p>two</p></li></ul>", "to do:\none\ntwo"),
        ("R&amp;D: 1 &lt; 2 &#128077; &eacute;", "R&D: 1 < 2 👍 é"),
        ("<p>a&nbsp;&nbsp;b \n\n c</p>", "a b c"),
        ("<p>run <code>make test</code></p>", "run make test"),
        ("<pre><code>if x:\n    go()\n</code></pre>", "if x:\n    go()"),
        ('<a href="https://evil.example/">the report</a>', "the report"),
        ("<script>steal()</script><style>p{}</style>hello", "hello"),
        ("<script>steal()", ""),
        ('<img src="https://evil.example/x.png">', ""),
        ('<p><img alt="👍" src="x"> fine</p>', "👍 fine"),
        ("<span class='mention'>@Ada</span>, look", "@Ada, look"),
        ("<!-- <b>draft</b> -->sent", "sent"),
        ("📷 Photo", "📷 Photo"),
        ("two\nlines", "two\nlines"),
        ("a < b", "a < b"),
        ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
        ("<p>never closed", "never closed"),
        ("&lt;script&gt;", "<script>"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_as_a_person_reads_it(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize("html", ["<![<![", "<![>x", "<!x[y]>", "<![if !vml]>x<![endif]>"])
def test_what_the_parser_of_python_3_11_asserts_against_raises_nothing(html: str) -> None:
    plain(html)


def test_a_message_that_is_cut_ends_before_a_tag() -> None:
    assert plain("<p>" + "x" * (MOST_READ - 10) + '<a href="https://example.org/">link</a>') == "x" * (MOST_READ - 10)


@pytest.mark.parametrize(
    "piece", ["<", "</", "<a ", "<a b=", "<a b='", "<a b='>", "<!--", "<!-- -->", "<![CDATA[", "<?", "&", "&#", "<p>"]
)
def test_no_markup_takes_long(piece: str) -> None:
    """10,000 characters of "<a " took 1.5 seconds of the main thread."""
    began = time.process_time()
    plain(piece * MOST_READ)
    assert time.process_time() - began < 0.25


@given(
    st.lists(
        st.one_of(
            st.text(max_size=5),
            st.sampled_from(
                ["<", ">", "</", "<!", "<![", "]]>", "<!--", "-->", "<p>", "</p>", "<pre>", "<script>", "</script>"]
            ),
            st.sampled_from(["&", "&lt;", "&#0;", "&#xd800;", "'", '"', "=", "\n", "\xa0", "<br/>", "<?", "<a b='"]),
        ),
        max_size=30,
    ).map("".join)
)
def test_whatever_comes_it_is_text_without_what_is_unseen(html: str) -> None:
    text = plain(html)
    assert len(text) <= len(html) * 2 + 2
    assert plain(f"<p>{html}</p>") is not None


@given(st.text(st.characters(exclude_characters="<>&\r\n\t\f\v\x1c\x1d\x1e\x1f\x85", exclude_categories=("Z", "C"))))
def test_text_without_markup_is_left_alone(text: str) -> None:
    assert plain(text) == text
    assert plain(f"<p>{text}</p>") == text


def test_what_is_looked_at_is_bounded() -> None:
    assert len(plain("x" * (markup.MOST_READ * 2))) == markup.MOST_READ
