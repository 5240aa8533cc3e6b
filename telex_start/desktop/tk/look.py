"""How the windows look: colours, fonts, distances. Imports no Tk: it is handed what it changes."""

from __future__ import annotations

from typing import Any

GROUND = "#f6f6fa"
FIELD = "#ffffff"
LINE = "#c6c8d4"
INK = "#20222e"
QUIET = "#5d6072"
ACCENT = "#6242e6"
_ACCENT_LIT = "#7255ee"
_ACCENT_DOWN = "#5236c8"
_ACCENT_FAINT = "#b9abf4"
_TROUGH = "#e3e0f3"
_RAISED = "#ffffff"
_HOVER = "#ebebf3"
BAD = "#b4232f"
GOOD = "#1a7a45"
NOTE = "#8f5b00"


def dress(style: Any, family: str, scale: float) -> None:
    """Set the styles up.

    Args:
        style: The ``ttk.Style`` of the window.
        family: The font of the desktop.
        scale: Pixels for one pixel of a screen of 96 dots an inch.
    """

    def px(length: float) -> int:
        return round(length * scale)

    style.theme_use("clam")
    style.configure(".", background=GROUND, foreground=INK, font=(family, 10), bordercolor=LINE, focuscolor=ACCENT)
    style.configure("Title.TLabel", font=(family, 14, "bold"))
    style.configure("Quiet.TLabel", foreground=QUIET, font=(family, 9))
    style.configure("Field.TLabel", font=(family, 9, "bold"), foreground=INK)
    for name, colour in (("Info", QUIET), ("Bad", BAD), ("Good", GOOD)):
        style.configure(f"{name}.TLabel", foreground=colour, font=(family, 9))
    style.configure("TEntry", fieldbackground=FIELD, padding=(px(8), px(6)), lightcolor=FIELD, darkcolor=FIELD)
    style.configure("TEntry", selectbackground=ACCENT, selectforeground=FIELD)
    style.map(
        "TEntry",
        bordercolor=[("focus", ACCENT), ("!focus", LINE)],
        lightcolor=[("focus", ACCENT), ("disabled", GROUND)],
        darkcolor=[("focus", ACCENT), ("disabled", GROUND)],
        fieldbackground=[("disabled", GROUND)],
        foreground=[("disabled", QUIET)],
    )
    _dress_button(style, "TButton", (_RAISED, _HOVER, LINE, GROUND), (INK, QUIET), LINE, (px(16), px(6)))
    _dress_button(style, "Small.TButton", (_RAISED, _HOVER, LINE, GROUND), (INK, QUIET), LINE, (px(6), px(6)))
    style.configure("Small.TButton", font=(family, 9))
    accents = (ACCENT, _ACCENT_LIT, _ACCENT_DOWN, _ACCENT_FAINT)
    _dress_button(style, "Login.TButton", accents, (FIELD, FIELD), ACCENT, (px(22), px(6)))
    style.configure("Login.TButton", font=(family, 10, "bold"), focuscolor=FIELD)
    style.map("Login.TButton", bordercolor=[("disabled", _ACCENT_FAINT)])
    # The progress bar of Tk 8.6's theme clam cannot be thin.
    for part in ("trough", "pbar"):
        style.element_create(f"Thin.{part}", "from", "default", f"Horizontal.Progressbar.{part}")
    inner = ("Thin.pbar", {"side": "left", "sticky": "ns"})
    style.layout("Thin.Horizontal.TProgressbar", [("Thin.trough", {"sticky": "nswe", "children": [inner]})])
    flat = {"borderwidth": 0, "troughrelief": "flat", "pbarrelief": "flat"}
    sizes = {"thickness": px(4), "barsize": px(90)}
    style.configure("Thin.Horizontal.TProgressbar", background=ACCENT, troughcolor=_TROUGH, **flat, **sizes)


def _dress_button(
    style: Any,
    name: str,
    grounds: tuple[str, str, str, str],
    inks: tuple[str, str],
    border: str,
    padding: tuple[int, int],
) -> None:
    normal, lit, down, off = grounds
    style.configure(
        name,
        background=normal,
        foreground=inks[0],
        bordercolor=border,
        lightcolor=normal,
        darkcolor=normal,
        padding=padding,
        anchor="center",
    )
    changes = [("disabled", off), ("pressed", down), ("active", lit)]
    style.map(
        name,
        background=changes,
        lightcolor=changes,
        darkcolor=changes,
        foreground=[("disabled", inks[1])],
    )
