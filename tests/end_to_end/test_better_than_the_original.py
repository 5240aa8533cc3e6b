"""Succeeds where the open C++ client fails (the Telex contract's last table), if only the whole program can show it.

The other rows of that table are tested elsewhere: tokens that run out in `session/test_tokens_in_time.py`, "online"
said too early in `session/test_staying_online.py`, a refused organisation in `session/test_refusals.py`, the login
dialogue in `desktop/`.
"""

from __future__ import annotations

from pathlib import Path

from tests.agent import headless
from tests.servers import HISTORY, Sandbox


def test_neither_the_past_nor_a_restart_of_the_server_is_a_flood_or_a_loss(tmp_path: Path) -> None:
    """The C++ client sends old tokens again and again, shows eight error boxes in 20 s, and loses publications."""
    with Sandbox("--organisations", "2", "--rate", "0", *HISTORY) as telex:
        for organisation, name, messages in ((0, "General", 5), (0, "Releases", 4), (1, "General", 2)):
            for _ in range(messages):
                telex.message(organisation, name)
        telex.direct(1, "Grace", "are you there?")
        telex.message(0, "Read meanwhile")
        telex.read(0, "Read meanwhile")
        with headless(tmp_path, telex) as agent:
            toast = agent.event("notification")
            assert (toast["title"], toast["body"]) == ("While you were away", "12 unread in 4 conversations")
            assert toast["summary"] is True
            telex.restart(down_for=0.2, new_epoch=True, kill=True)
            telex.message(0, "During")
            agent.event("state", state="reconnecting")
            agent.event("state", state="online", subscribed=2)
            telex.message(1, "After")
            agent.event("notification", channel="After")
            assert [toast["channel"] for toast in agent.events("notification")] == [None, "During", "After"]
            assert len(agent.events("error")) <= 1
            # A toast may wait for its text, the count does not: either line may be the first.
            [counts] = [counts for counts in agent.events("unread") if counts["unread"] == 14] or [
                agent.event("unread", unread=14)
            ]
            assert (counts["mentions"], counts["conversations"]) == (0, 6)
