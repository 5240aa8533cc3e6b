"""What of Python and of the packages is in the program for Windows, and under which licences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

EXCLUDED = [
    # Of the house: a Telex for trying and testing.
    "telex_start.sandbox",
    # What only an interactive interpreter, a test or a build has a use for.
    *("_distutils_hack", "distutils", "packaging", "pydoc", "pydoc_data", "rlcompleter", "setuptools", "unittest"),
    # Other programs' files and servers.
    *("bz2", "ftplib", "lzma", "plistlib", "xml", "xmlrpc", "http.server", "socketserver"),
    # Of multiprocessing, the connection alone is used, over a named pipe.
    *("concurrent", "multiprocessing.dummy", "multiprocessing.forkserver", "multiprocessing.managers"),
    *("multiprocessing.pool", "multiprocessing.queues", "multiprocessing.shared_memory", "multiprocessing.spawn"),
    *("multiprocessing.resource_sharer", "multiprocessing.resource_tracker", "multiprocessing.synchronize"),
    # Other systems' and other formats' parts of what is used.
    *("plyer.platforms.android", "plyer.platforms.ios", "plyer.platforms.linux", "plyer.platforms.macosx"),
    *(f"keyring.backends.{name}" for name in ("SecretService", "chainer", "kwallet", "libsecret", "macOS")),
    *("pystray._appindicator", "pystray._darwin", "pystray._gtk", "pystray._xorg"),
    *("PIL._avif", "PIL._imagingcms", "PIL._imagingtk", "PIL._webp", "PIL.ImageCms", "PIL.ImageShow", "PIL.ImageTk"),
]
"""Modules that something could import, and nothing of the program does. Who imports one all the same can do without."""

_PICTURES = {"Bmp", "Ico", "Png"}
"""Formats that icons and toasts are written in; an icon's picture is one of the other two."""

HOOKS = {"pyi_rth__tkinter", "pyi_rth_inspect", "pyi_rth_multiprocessing", "pyi_rth_pkgutil", "pyi_rth_setuptools"}
"""PyInstaller's own first acts, which this program does without: it asks for no source text, starts no processes by
multiprocessing and lists no packages, all of which would be imported before the icon; and Tcl is found where Python
looks for it, so that no variable names it, which every program that is opened from here would inherit."""

_TCL = re.compile(
    r"""
    demos | images | msgs | tzdata | http1\.0 | opt0\.4 | .*\.c$ | .*\.lib$ | .*Config\.sh$
    | tcl8/ (?! (?: 8\.[45]/ )? msgcat )
    | encoding/ (?! cp\d | (?: ascii | dingbats | iso8859-1 | symbol) \. )
    """,
    re.VERBOSE,
)
"""Of the scripts of Tcl and Tk: examples, others' logos, words of dialogues and dates that nobody sees, what compilers
want, and texts in encodings that are not a Windows' own."""


def pictures(modules: Iterable[str]) -> Iterator[str]:
    """Those modules of Pillow that are for a format that nothing here has."""
    for module in modules:
        found = re.fullmatch(r"PIL\.(\w+)ImagePlugin", module)
        if found and found[1] not in _PICTURES:
            yield module


def place(path: str, tcl: str) -> str | None:
    """Where a file goes; ``None`` for one that is not needed.

    Args:
        path: Where PyInstaller would have it, in the program's folder.
        tcl: The version of Tcl, as in the names of its folders.
    """
    top, _, rest = path.replace("\\", "/").partition("/")
    if top.endswith(".dist-info"):
        return path if top.startswith("tkinter_tooltip") and rest == "METADATA" else None
    if top in ("_tcl_data", "_tk_data", "tcl8"):
        # Of _tkinter, below sys.prefix: no variable has to say where it is.
        folder = {"_tcl_data": f"tcl/tcl{tcl}", "_tk_data": f"tcl/tk{tcl}", "tcl8": "tcl/tcl8"}[top]
        return None if _TCL.match(f"tcl8/{rest}" if top == "tcl8" else rest) else f"{folder}/{rest}"
    return path


def licences(modules: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The licences of the packages that these modules are of: a path for each, and its file."""
    owners = packages_distributions()
    names = sorted({name for module in modules for name in owners.get(module.partition(".")[0], [])})
    for name in names:
        for file in distribution(name).files or []:
            if re.match(r"(licen[cs]e|copying|notice|authors)", file.name, re.IGNORECASE):
                yield f"{name.lower()}/{file.name}", Path(str(file.locate()))
