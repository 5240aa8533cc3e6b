"""The man page and the completions: current, right for the tools that read them, and complete in real shells."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from telex_start import command_line
from telex_start.config import VARIABLES
from tests.process import ROOT

ASSETS = ROOT / "assets"
FILES = {
    "man": ASSETS / "telex-start.1",
    "bash": ASSETS / "completions" / "telex-start.bash",
    "zsh": ASSETS / "completions" / "telex-start.zsh",
    "fish": ASSETS / "completions" / "telex-start.fish",
}
SHOWN = set(command_line.COMMANDS)


def needs(tool: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool}")
    return tool


def test_what_is_shipped_is_current(tmp_path: Path) -> None:
    (tmp_path / "completions").mkdir()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "packaging/reference.py", tmp_path], cwd=ROOT, env=environ, check=True)
    for file in FILES.values():
        assert (tmp_path / file.relative_to(ASSETS)).read_text() == file.read_text(), "make man completions"


# The man page.


@pytest.mark.parametrize(
    "lint", [["mandoc", "-Tlint", "-Wwarning"], ["man", "--warnings", "-l"]], ids=["mandoc", "man"]
)
def test_nothing_is_wrong_with_the_man_page(lint: list[str]) -> None:
    needs(lint[0])
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""}
    done = subprocess.run([*lint, str(FILES["man"])], capture_output=True, text=True, env=environ)
    complaints = done.stdout if lint[0] == "mandoc" else done.stderr
    assert (done.returncode, complaints) == (0, "")


def test_the_man_page_says_all() -> None:
    needs("mandoc")
    done = subprocess.run(["mandoc", "-Tutf8", "-Owidth=300", str(FILES["man"])], capture_output=True, check=True)
    page = re.sub(".\b", "", done.stdout.decode())  # bold and underlined, as typewriters did it
    told = ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"]
    told += [f"   telex-start {name}" for name in SHOWN]
    assert [line for line in told if f"\n{line}\n" not in page] == []
    for variable in VARIABLES:
        assert variable in page
    for code in range(4):
        assert re.search(rf"^ +{code} ", page, re.MULTILINE)
    assert "--window" not in page, "what is hidden is for the program itself"


# Completion.


def bash(folder: Path, line: str) -> str:
    """What the function that bash would call offers, given the words as bash breaks them."""
    words = [*re.findall(r"=|[^\s=]+", line), *([""] if line.endswith(" ") else [])]
    script = f"""source {shlex.quote(str(FILES["bash"]))}
        COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}
        [[ $(complete -p telex-start) == *" -F _telex_start telex-start" ]] && _telex_start
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return said(["bash", "--norc", "-c", script], folder)


def fish(folder: Path, line: str) -> str:
    script = f"source {shlex.quote(str(FILES['fish']))}; complete -C {shlex.quote(line)}"
    return re.sub("\t.*", "", said(["fish", "-c", script], folder))


def said(command: list[str], folder: Path) -> str:
    """What a shell says that runs this command; it must not complain."""
    environ = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    # Without a line that is being edited, bash's compopt has nothing to set options of.
    assert done.stderr == ""
    return done.stdout


def zsh(folder: Path, line: str) -> str:
    """Types into a zsh with a terminal, and writes down what it would offer."""
    functions, offered = folder / "functions", folder / "offered"
    functions.mkdir()
    (functions / "_telex-start").write_bytes(FILES["zsh"].read_bytes())
    offered.touch()
    (folder / ".zshrc").write_text(f"""
        fpath=({functions} $fpath)
        autoload -Uz compinit && compinit -u -d {folder.parent}/zcompdump
        compadd() {{
            local -a hits
            builtin compadd -O hits "$@"
            print -rl -- $hits >>{offered}
            builtin compadd "$@"
        }}
        tell() {{ zle list-choices; exit 0 }}
        zle -N tell
        bindkey '^X' tell
        print READY
    """)
    environ = {**os.environ, "ZDOTDIR": str(folder), "TERM": "dumb", "HOME": str(folder)}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-d", "-i"], environ)
    seen = b""
    with (
        os.fdopen(terminal, "r+b", buffering=0) as screen,
        contextlib.suppress(OSError),
    ):  # EIO: the other end closed
        while b"READY" not in seen:
            seen += screen.read(4096)
        screen.write(line.encode() + b"\x18")
        while chunk := screen.read(4096):
            seen += chunk
    assert os.waitpid(pid, 0)[1] == 0, seen.decode(errors="replace")
    words = offered.read_text()
    # Where nothing else is left, zsh offers the options unasked.
    return words if line.rpartition(" ")[2].startswith("-") else re.sub("(?m)^-.*", "", words)


SHELLS: dict[str, Callable[[Path, str], str]] = {"bash": bash, "zsh": zsh, "fish": fish}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("telex-start ", SHOWN),
        ("telex-start --he", {"--headless", "--help"}),
        ("telex-start --environment=st", {"staging"}),
        ("telex-start --config con", {"config.toml"}),
        ("telex-start doctor --c", {"--ca-file", "--config"}),
        ("telex-start pause ", {"30m", "1h", "4h", "tomorrow", "on", "off"}),
        ("telex-start pause 1h ", set()),
        ("telex-start sandbox --new-message ", {"before", "after", "never"}),
    ],
)
def test_a_shell_completes(shell: str, line: str, offered: set[str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    words = SHELLS[needs(shell)](tmp_path, line).split()
    assert {word.removeprefix("--environment=") for word in words} == offered
