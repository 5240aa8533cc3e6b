"""What other threads want done on the thread of a window."""

from __future__ import annotations

from telex_start.desktop.tk.orders import Orders


def test_what_is_given_is_done_by_the_window_and_told() -> None:
    done: list[object] = []
    orders = Orders()
    early = orders.give(lambda: done.append("early"))
    orders.open(lambda: done.append("woken"))
    late = orders.give(lambda: done.append("late"))
    assert done == ["woken", "woken"]

    orders.obey()
    assert done == ["woken", "woken", "early", "late"]
    assert early.get_nowait()
    assert late.get_nowait()


def test_what_was_in_vain_is_told_so() -> None:
    orders = Orders()
    orders.open(lambda: None)
    in_vain = orders.give(lambda: False)
    orders.obey()
    assert not in_vain.get_nowait()


def test_what_comes_when_the_window_is_closed_is_not_done_and_told_so() -> None:
    """The agent opens another then; it was lost."""
    done: list[object] = []
    orders = Orders()
    waiting = orders.give(lambda: done.append("waiting"))
    orders.close()
    late = orders.give(lambda: done.append("late"))
    orders.obey()

    assert not waiting.get_nowait()
    assert not late.get_nowait()
    assert done == []
