"""The soak finds what it is there to find."""

from __future__ import annotations

from tests.rigs.soak.subject import Ledger


def ledger(published: int, *came: int) -> tuple[Ledger, list[str]]:
    made = Ledger()
    made.published = published
    return made, [wrong for number in came if (wrong := made.arrived(number))]


def test_all_that_was_sent_has_come() -> None:
    made, wrong = ledger(3, 1, 2, 3)
    assert (wrong, made.check()) == ([], "")
    assert (made.came, made.lost, made.twice, made.forgotten) == (3, 0, 0, 0)


def test_twice() -> None:
    made, wrong = ledger(2, 1, 2, 2)
    assert wrong == ["2 came twice"]
    assert (made.came, made.twice) == (2, 1)


def test_after_a_later_one() -> None:
    made, wrong = ledger(3, 1, 3, 2)
    assert wrong == ["2 came after 3"]
    assert (made.came, made.late, made.check()) == (3, 1, "")


def test_lost_in_the_middle_and_at_the_end_and_counted_once() -> None:
    made, _ = ledger(4, 1, 3)
    assert made.check() == "2 messages are lost, the first of them 2"
    assert made.check() == ""
    assert made.lost == 2


def test_what_a_server_forgot_must_have_been_said() -> None:
    made, _ = ledger(3, 1)
    made.server_forgets()
    assert made.check() == "2 messages are missing without a word"
    made, _ = ledger(3, 1)
    made.server_forgets()
    made.lost_told += 1
    made.published += 1
    assert made.check() == "1 messages are lost, the first of them 4"
    assert (made.lost, made.forgotten) == (1, 2)


def test_what_perhaps_no_server_took_may_be_missing() -> None:
    made, _ = ledger(2, 1)
    made.doubtful(2)
    made.lost_told += 1
    assert made.check() == ""
    assert made.forgotten == 1
