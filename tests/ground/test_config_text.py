"""Editing ``config.toml``: only the lines of the changed settings differ, and comments stay."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telex_start.config import DAYS, organisation_key
from telex_start.config_text import CannotChange, change, comments

WRITTEN = """\
# Telex at work.   Ask Ada before you change it.

email = "ada@example.org"   # mine
  log_level  =  'info'
notification_types = [
    "unread_thread_change",   # the ordinary ones
    # "thread_reply",
    "channel_mention", # those too
]

# What is heard.
sound = "on" # not in meetings


[main_app]   # the client
command = "/opt/telex/telex"
# click = "client"

# At night.
[quiet]
from = "22:00"	# late
to="07:00"

[organisations."Northwind Ops"]
notify = "all"

# the loud one
[organisations.'0190-12ab'] # by id
notify = "none" # really

# That is all.
"""
HOSTILE = """\
title = "# no comment"
text = '''
[quiet] # none either
'''
organisations."Northwind Ops".notify = "all" # by dots
[[extra]] # unknown, and kept
a = 1
[[extra]]
a = 2 # two
[quiet.inner]
x = 1
[organisations.B]
notify = "none"
[quiet]
days = [ "mon" , # first
  "tue"]  # both
[organisations.C]
[main_app.x]
"""
INLINE = 'quiet = { from = "22:00", to = "07:00" } # nights\norganisations = { "A" = { notify = "all" } }\n'
DOTTED = (
    'quiet.from = "22:00" # from\nquiet.to = "07:00" # to\nsound = "on"\n[organisations]\n"A".notify = "none" # a\n'
)
TEXTS = {"written": WRITTEN, "hostile": HOSTILE, "inline": INLINE, "dotted": DOTTED, "empty": ""}
TEXTS |= {"a comment": "# nothing yet", "a section": "# mine\n[main_app]\ncommand='x'", "blank": "\n\n"}

NAMES = st.sampled_from(["Northwind Ops", "0190-12ab", "B", "A", 'a "b" \\ c', "x.notify", "notify", "", "Ünï\u2028"])
HOURS = st.sampled_from(["00:00", "22:00", "7:15"])
CHANGES = st.one_of(
    st.tuples(st.just("sound"), st.sampled_from(["on", "off", "desktop"])),
    st.tuples(st.sampled_from(["show_text", "remember_email"]), st.booleans()),
    st.tuples(st.sampled_from(["email", "main_app.command", "log_level"]), st.text(max_size=6)),
    st.tuples(st.sampled_from(["quiet.from", "quiet.to"]), HOURS),
    st.tuples(st.just("quiet.days"), st.lists(st.sampled_from(DAYS), max_size=7)),
    st.tuples(st.just("notification_types"), st.lists(st.sampled_from(["thread_reply", "x"]), max_size=3)),
    st.tuples(NAMES.map(organisation_key), st.sampled_from(["all", "mentions", "none"])),
    st.tuples(
        st.sampled_from(["sound", "email", "main_app.command", "quiet.from", "quiet.to", "quiet.days"])
        | st.just("notification_types")
        | NAMES.map(organisation_key),
        st.none(),
    ),
)


def settings_of(text: str) -> dict[str, Any]:
    """All settings in the text, by key; those of a section by ``section.key``."""
    flat: dict[str, Any] = {}
    for key, value in tomllib.loads(text).items():
        for name, inner in value.items() if isinstance(value, dict) else ():
            flat[f"{key}.{name}"] = inner
        if not isinstance(value, dict):
            flat[key] = value
    return flat


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@settings(max_examples=100)
@given(text=st.sampled_from(list(TEXTS.values())), changes=st.lists(CHANGES, max_size=6))
def test_a_change_keeps_comments_and_other_settings(newline: str, text: str, changes: list[tuple[str, Any]]) -> None:
    original = text = text.replace("\n", newline)
    for key, value in changes:
        section, path = key.partition(".")[0], key.removesuffix(".notify")
        others, remarks = settings_of(text), Counter(comments(text))
        text = change(text, key, value)
        found = settings_of(text)
        said = found.pop(path, None)
        others.pop(path, None)
        assert (said or {}).get("notify") == value if section == "organisations" else said == value
        assert found == others
        assert not remarks - Counter(comments(text)), text
        assert newline not in original or text.count("\n") == text.count(newline)


def changed(text: str, **changes: Any) -> str:
    for key, value in changes.items():
        text = change(text, key.replace("__", "."), value)
    return text


def test_only_the_line_of_the_setting_differs() -> None:
    text = changed(WRITTEN, sound="off", quiet__to="06:30", log_level="debug")
    expected = WRITTEN.replace('sound = "on"', 'sound = "off"').replace('to="07:00"', 'to="06:30"')
    assert text == expected.replace("'info'", '"debug"')


def test_a_setting_that_is_there_to_stay_has_its_comment_stay_when_it_goes() -> None:
    assert changed(WRITTEN, sound=None) == WRITTEN.replace('sound = "on" # not', "# not")
    assert changed(WRITTEN, main_app__command=None) == WRITTEN.replace('command = "/opt/telex/telex"\n', "")


def test_a_list_keeps_the_comments_that_stand_in_it() -> None:
    text = changed(WRITTEN, notification_types=["thread_reply"])
    begin = text.index("notification_types")
    assert text[begin:].startswith("""\
notification_types = [
    # the ordinary ones
    # "thread_reply",
    # those too
    "thread_reply",
]
""")


def test_what_is_there_first_comes_beside_its_like() -> None:
    text = changed(WRITTEN, remember_email=False, quiet__days=["mon", "tue"])
    assert 'sound = "on" # not in meetings\nremember_email = false\n\n\n[main_app]' in text
    assert 'to="07:00"\ndays = ["mon", "tue"]\n\n[organisations' in text
    text = change(text, organisation_key("Blue Yonder"), "mentions")
    assert 'notify = "none" # really\n\n[organisations."Blue Yonder"]\nnotify = "mentions"\n\n# That is all.' in text


def test_the_first_setting_of_the_document_stands_before_its_sections() -> None:
    text = "# Telex.\n\n# The client.\n[main_app]\n"
    assert changed(text, sound="on") == '# Telex.\n\nsound = "on"\n\n# The client.\n[main_app]\n'
    assert changed("# Telex.", sound="on") == '# Telex.\nsound = "on"\n'
    assert changed("", sound="on", quiet__to="07:00") == 'sound = "on"\n\n[quiet]\nto = "07:00"\n'


def test_a_section_goes_with_its_last_setting_unless_a_comment_is_in_its_header() -> None:
    text = changed(WRITTEN, quiet__from=None, quiet__to=None)
    assert "[quiet]" not in text
    assert "# At night.\n# late\n" in text
    assert "[main_app]   # the client\n" in changed(WRITTEN, main_app__command=None)


@pytest.mark.parametrize(
    ("text", "key"), [("[sound]\nvolume = 1\n", "sound"), ("quiet = 1\n", "quiet.from"), ("[[quiet]]\n", "quiet.from")]
)
def test_what_is_a_section_where_a_value_should_be_is_not_touched(text: str, key: str) -> None:
    with pytest.raises(CannotChange):
        change(text, key, "22:00")
