"""Splitting a command line into words, and joining words again, by the rules of each platform."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from telex_start.desktop.main_app.telex_client import join_words, split_command


@pytest.mark.parametrize(
    "command, words",
    [
        (r'"C:\Program Files\Telex\telex.exe" --quiet', [r"C:\Program Files\Telex\telex.exe", "--quiet"]),
        (r'"C:\Program Files\Telex\telex.exe"', [r"C:\Program Files\Telex\telex.exe"]),
        (r"C:\Telex\telex.exe --profile=D:\data\ ", [r"C:\Telex\telex.exe", "--profile=D:\\data\\"]),
        (r'telex "" \"a b\"', ["telex", "", '"a', 'b"']),
        # The table of "Parsing C command-line arguments", learn.microsoft.com.
        (r'"a b c" d e', ["a b c", "d", "e"]),
        (r'"ab\"c" "\\" d', ['ab"c', "\\", "d"]),
        (r'a\\\b d"e f"g h', [r"a\\\b", "de fg", "h"]),
        (r"a\\\"b c d", [r"a\"b", "c", "d"]),
        (r'a\\\\"b c" d e', [r"a\\b c", "d", "e"]),
        (r'"a""b" c', ['a"b', "c"]),
    ],
)
def test_words_of_windows(command: str, words: list[str]) -> None:
    assert split_command(command, windows=True) == words


def test_a_quotation_that_is_not_closed_is_a_mistake() -> None:
    """Windows closes it at the end; in a configuration it is more likely a slip."""
    with pytest.raises(ValueError):
        split_command('"C:\\Program Files\\Telex\\telex.exe', windows=True)


@given(some.lists(some.text("ab \\\"\t'", max_size=8), max_size=4))
def test_what_is_joined_is_split_again(words: list[str]) -> None:
    assert split_command(join_words(words, windows=True), windows=True) == words
    assert split_command(join_words(words, windows=False), windows=False) == words
