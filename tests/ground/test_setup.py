"""The text of desktop entries (autostart, applications) and of the systemd unit."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.desktop.main_app import desktop_entry
from telex_start.errors import TelexStartError
from telex_start.setup import desktop_files, headless
from tests.process import ROOT

WORDS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)


@given(st.lists(WORDS, min_size=1, max_size=4))
@example(["/opt/telex start "])
def test_any_command_is_read_as_it_was_written(words: list[str]) -> None:
    values = desktop_entry.parse(desktop_files.application(words))
    by = desktop_files.SHELL if set("%=") & set(words[0]) else []
    assert desktop_entry.command_line(values) == [*by, *words]
    assert desktop_files.words_of(values) == words
    assert values["TryExec"] == words[0]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/telex-start", "/usr/bin/telex-start"),
        ("/a b/c", '"/a b/c"'),
        ('a"b', '"a\\\\"b"'),
        ("a$b`c", '"a\\\\$b\\\\`c"'),
        ("a\\b", '"a\\\\\\\\b"'),
        ("50%", r'/bin/sh -c "exec \\"\\$0\\" \\"\\$@\\"" 50%%'),
        ("", '""'),
    ],
)
def test_an_argument_is_quoted_by_the_specification(word: str, written: str) -> None:
    """Two rules apply, one after the other: the quoting of arguments, then the escapes of a string."""
    assert desktop_files.command_value([word]) == written


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(TelexStartError, match="not in UTF-8"):
        desktop_files.command_value(["/home/\udce9"])


def test_a_change_keeps_comments_order_and_other_groups() -> None:
    text = "# mine\n[Desktop Entry]\nExec=old\n# and mine\nName=N\n\n[Desktop Action a]\nExec=other\n"
    assert desktop_files.changed(text, {"Exec": "new", "Hidden": "true"}) == (
        "# mine\n[Desktop Entry]\nExec=new\n# and mine\nName=N\nHidden=true\n\n[Desktop Action a]\nExec=other\n"
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "edited"),
    [
        ("Name=Telex Start", "Name=Chat", True),
        ("[Desktop Entry]", "# Mine.\n[Desktop Entry]", True),
        ("--at-login", "--at-login --log-level debug", True),
        ("Icon=telex-start\n", "", True),
        ("Icon=telex-start\n", "Icon=telex-start\nHidden=true\nX-MATE-Autostart-enabled=false\n", False),
        ("/a b/telex-start", "/b c/telex-start", False),
    ],
)
def test_what_somebody_put_in_is_a_change_and_what_desktops_do_is_none(ours: str, theirs: str, edited: bool) -> None:
    text = desktop_files.at_login(["/a b/telex-start"]).replace(ours, theirs)
    assert desktop_files.edited(text, desktop_files.at_login, [desktop_files.AT_LOGIN]) is edited


def test_a_renewed_entry_starts_this_program_and_keeps_what_is_a_persons_own() -> None:
    head = "[Desktop Entry]\nExec="
    mine = f"{head}/opt/t --log-level debug\nTryExec=/old/t\nHidden=true\nX-GNOME-Autostart-enabled=false\n"
    renewed = f"{head}/opt/t --log-level debug\nTryExec=/opt/t\nX-GNOME-Autostart-enabled=true\n"
    assert desktop_files.renewed(mine, ["/opt/t"]) == renewed
    renewed = f"{head}/opt/t --at-login\nTryExec=/opt/t\n"
    assert desktop_files.renewed(f"{head}/old/t\n", ["/opt/t"], "--at-login") == renewed


def test_the_entry_that_is_shipped_is_the_one_that_is_written() -> None:
    shipped = (ROOT / "assets" / "telex-start.desktop").read_text()
    assert shipped == desktop_files.changed(desktop_files.application(["telex-start"]), {"TryExec": None})


def test_a_unit_has_no_password_and_what_keeps_it_in() -> None:
    text = headless.unit_text(
        ["/a b/telex-start", "50%", "$x"], "/home/ada/pass word 5%", ["/home/a b"], {"XDG_A": "/a b"}
    )
    lines = text.splitlines()
    assert 'ExecStart="/a b/telex-start" 50%% $$x' in lines
    assert "ExecReload=/bin/kill -HUP $MAINPID" in lines, "it has no terminal: that reads the configuration again"
    assert "LoadCredential=telex-password:/home/ada/pass word 5%%" in lines
    assert 'ReadWritePaths="-/home/a b"' in lines
    assert 'Environment="XDG_A=/a b"' in lines
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=on-failure"} <= set(lines)
    assert next(line for line in lines if line.startswith("RestartPrevent")).split("=")[1].split()[:2] == ["2", "3"]
