"""A window to type into, for tests: prints ``focus`` whenever it gets the focus, and at its end what was typed."""

from __future__ import annotations

import tkinter


def main() -> None:
    root = tkinter.Tk()
    root.title("Editor")
    root.geometry("400x200+50+50")
    text = tkinter.Entry(root)
    text.pack()
    text.bind("<FocusIn>", lambda _: print("focus", flush=True))
    root.bind("<Control-q>", lambda _: root.quit())
    root.after(0, text.focus_force)
    root.mainloop()
    print("typed", text.get(), flush=True)


if __name__ == "__main__":
    main()
