"""The man page and the completions: current, right for the tools that read them, and complete in real shells."""

from __future__ import annotations

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


# --- the man page ---------------------------------------------------------------------------------------------------


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
    for section in (
        *("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES"),
        "SEE ALSO",
    ):
        assert f"\n{section}\n" in page
    for option in re.findall(r"^  (--[a-z-]+)", command_line.parser().format_help(), re.MULTILINE):
        assert re.search(rf"^ +{option}\b", page, re.MULTILINE)
    for name in SHOWN:
        assert f"\n   telex-start {name}\n" in page
    for variable in VARIABLES:
        assert variable in page
    for code in range(4):
        assert re.search(rf"^ +{code} ", page, re.MULTILINE)
    assert "--window" not in page, "what is hidden is for the program itself"


# --- completion -----------------------------------------------------------------------------------------------------


class Bash:
    """Asks the function that bash would call, with the words as bash breaks them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, line: str) -> set[str]:
        words = [*re.findall(r"=|[^\s=]+", line), *([""] if line.endswith(" ") else [])]
        script = f"""source {shlex.quote(str(FILES["bash"]))}
            COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}
            [[ $(complete -p telex-start) == *" -F _telex_start telex-start" ]] && _telex_start
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(
            [needs("bash"), "--norc", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True
        )
        # Without a line that is being edited, compopt has nothing to set options of.
        assert done.stderr == ""
        return set(filter(None, done.stdout.split("\n")))


class Zsh:
    """Types into a zsh with a terminal, and writes down what it would offer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        functions = folder / "functions"
        functions.mkdir()
        (functions / "_telex-start").write_bytes(FILES["zsh"].read_bytes())
        self.offered = folder / "offered"
        (folder / ".zshrc").write_text(f"""
            fpath=({functions} $fpath)
            autoload -Uz compinit && compinit -u -d {folder.parent}/zcompdump
            compadd() {{
                local -a hits
                builtin compadd -O hits "$@"
                print -rl -- $hits >>{self.offered}
                builtin compadd "$@"
            }}
            tell() {{ zle list-choices; exit 0 }}
            zle -N tell
            bindkey '^X' tell
            print READY
        """)

    def __call__(self, line: str) -> set[str]:
        self.offered.write_text("")
        environ = {**os.environ, "ZDOTDIR": str(self.folder), "TERM": "dumb", "HOME": str(self.folder)}
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe(needs("zsh"), ["zsh", "-d", "-i"], environ)
        said = b""
        typed = False
        try:
            while chunk := os.read(terminal, 4096):
                said += chunk
                if b"READY" in said and not typed:
                    typed = True
                    os.write(terminal, line.encode() + b"\x18")
        except OSError:
            pass  # EIO: the other end is closed
        finally:
            os.close(terminal)
        assert os.waitpid(pid, 0)[1] == 0, said.decode(errors="replace")
        offered = set(filter(None, self.offered.read_text().split("\n")))
        # Where nothing else is left, zsh offers the options unasked.
        return offered if line.rpartition(" ")[2].startswith("-") else {word for word in offered if word[0] != "-"}


class Fish:
    """Asks fish."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, line: str) -> set[str]:
        script = f"source {shlex.quote(str(FILES['fish']))}; complete -C {shlex.quote(line)}"
        environ = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        done = subprocess.run(
            [needs("fish"), "-c", script], cwd=self.folder, env=environ, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return {text.partition("\t")[0] for text in filter(None, done.stdout.split("\n"))}


SHELLS: dict[str, Callable[[Path], Callable[[str], set[str]]]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


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
    assert {word.removeprefix("--environment=") for word in SHELLS[shell](tmp_path)(line)} == offered
