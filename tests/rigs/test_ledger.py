"""The ledger of soak and chaos finds what is lost and what comes twice."""

from __future__ import annotations

from tests.rigs.ledger import Ledger


def test_what_is_lost_or_comes_twice_is_found_and_what_no_server_holds_is_not() -> None:
    ledger = Ledger()
    for number in range(1, 6):
        ledger.send(number)
    assert [ledger.arrived(number) for number in (1, 3, 3)] == ["", "", "3 came twice"]
    ledger.excuse(5)
    assert ledger.missing == {2, 4}
    assert ledger.settle() == "2 messages are lost, one of them is 2"
    assert ledger.settle() == "", "each is lost once"
    ledger.send(6)
    ledger.server_forgets()
    ledger.send(7)
    assert ledger.settle() == "1 messages are lost, one of them is 7"
    ledger.send(8, may_be_missing=True)
    assert ledger.settle() == ""
    counts = ledger.sent, ledger.came, ledger.lost, ledger.twice, ledger.forgotten
    assert counts == (8, 2, 3, 1, 3)
