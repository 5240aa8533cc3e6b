"""A configuration that was changed while the agent runs is read by command and by signal, without a reconnect."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.agent import Program, configure, headless
from tests.end_to_end.test_terminal import IGNORING_HANGUPS
from tests.servers import Sandbox

APART = (*IGNORING_HANGUPS, "setsid", sys.executable, "-m", "telex_start")
"""Without a controlling terminal, as of a service; who starts services may ignore hangups, for one not theirs."""


def test_it_counts_at_once_without_a_reconnect_and_a_mistake_has_no_effect(tmp_path: Path, telex: Sandbox) -> None:
    configure(tmp_path, "show_text = true\n")
    with headless(tmp_path, telex, command=APART) as agent:
        agent.event("state", state="online", subscribed=1)
        for name in ("General", "Ops"):  # the agent waits for texts once one has come
            telex.message(0, name)
            told = agent.event("notification", channel=name)
        assert told["text"]
        before = telex.status()
        configure(tmp_path, 'show_text = false\nweb_url = "https://web.example"\nlog_level = "debug"\n')
        with Program(tmp_path, "reload", environ=agent.environ) as caller:
            assert caller.ended() == 0
        assert agent.event("error") == {
            "event": "error",
            "title": "Some settings count at the next start",
            "message": "web_url; whatever else was changed counts at once.",
        }
        file = configure(tmp_path, 'show_text = true\nsound = "loud"\n')
        agent.process.send_signal(signal.SIGHUP)
        words = f'{file}: sound is "loud"; allowed is "desktop", "on" or "off".'
        error = {"event": "error", "title": "The configuration stays as it was", "message": words}
        assert agent.event("error") == error
        telex.message(0, "Random")
        assert not agent.event("notification", channel="Random")["text"]
        after = telex.status()
        assert (after["logins"], after["connects"]) == (before["logins"], before["connects"])
        assert agent.end() == 0
    assert "the configuration was read anew: log_level, show_text" in agent.log()
