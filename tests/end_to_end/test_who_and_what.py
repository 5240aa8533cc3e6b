"""Who wrote what, and where: what a script reads, from a Telex with the service's quirks to the program's output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.agent import Program, headless
from tests.servers import Sandbox

Start = Callable[..., tuple[Sandbox, Program]]


@pytest.fixture
def telex_and_agent(tmp_path: Path) -> Iterator[Start]:
    """Starts a sandbox, prepares it, and starts an agent that is online and has looked up what there was."""
    with ExitStack() as stack:

        def begin(
            *options: str,
            prepare: Callable[[Sandbox], object] = lambda telex: None,
            organisations: int = 1,
            **environ: str,
        ) -> tuple[Sandbox, Program]:
            telex = stack.enter_context(Sandbox("--organisations", str(organisations), "--rate", "0", *options))
            prepare(telex)
            telex.environ.update(environ)
            agent = stack.enter_context(headless(tmp_path, telex))
            agent.event("state", state="online", subscribed=organisations)
            telex.wait_until(lambda _: len(telex.calls("fetch-bots")) >= organisations)
            return telex, agent

        yield begin


def toast(agent: Program, **fields: Any) -> dict[str, Any]:
    return agent.event("notification", within=20.0, **fields)


@pytest.mark.parametrize("one_profile", [False, True])
def test_a_pause_at_telex_holds_in_its_organisation_alone(telex_and_agent: Start, one_profile: bool) -> None:
    """Or in all, where the backend has one profile for all."""
    options = ("--one-profile",) if one_profile else ()
    telex, agent = telex_and_agent(*options, prepare=lambda telex: telex.pause(), organisations=2)
    telex.message(0, "Held")
    telex.message(1, "Told")
    if one_profile:
        agent.event("unread", unread=2)
    else:
        assert toast(agent)["channel"] == "Told"
    assert agent.end()[0] == 0
    assert len(agent.events("notification")) == (0 if one_profile else 1)


BEFORE = ("--new-message", "before")


def test_a_channel_a_group_an_agent_and_a_mention(telex_and_agent: Start) -> None:
    telex, agent = telex_and_agent(*BEFORE)
    telex.message(0, "General", "the build is green", by="Ben Okri")
    told = toast(agent)
    assert (told["title"], told["body"]) == ("General", "Ben Okri: the build is green")
    assert (told["sender"], told["text"]) == ("Ben Okri", "the build is green")
    telex.group(0, ["Cy Young", "Ben Okri"], "all of us")
    told = toast(agent)
    assert told["body"] == "Cy Young: all of us"
    assert set(told["title"].split(", ")) == {"Cy Young", "Ben Okri"}
    telex.agent(0, "Robo", "build 7 failed")
    told = toast(agent)
    assert (told["title"], told["body"]) == ("Robo", "build 7 failed")


@pytest.mark.parametrize("when", ["before", "after", "never"])
def test_whenever_the_text_comes_a_message_is_one_line(telex_and_agent: Start, when: str) -> None:
    telex, agent = telex_and_agent("--new-message", when)
    for number in range(3):
        telex.message(0, f"channel {number}", "hello", by="Ben Okri")
        told = toast(agent)
        assert told["text"] in {"before": ("hello",), "after": ("hello", None), "never": (None,)}[when]
    telex.direct(0, "Grace", "the end")
    agent.event("unread", conversations=4)
    assert len({line["channel"] for line in agent.events("notification")}) == len(agent.events("notification"))


def test_a_night_without_history_is_told_in_the_morning(telex_and_agent: Start) -> None:
    """Everything published during a disconnect is gone: the personal channels keep no history."""

    def yesterday(telex: Sandbox) -> None:
        telex.direct(0, "Ben Okri", "good night")
        for _ in range(3):
            telex.message(0, "General", "good morning")

    _, agent = telex_and_agent(prepare=yesterday)
    told = toast(agent)
    assert (told["title"], told["body"]) == ("While you were away", "4 unread in 2 conversations")


def test_what_came_during_an_outage_without_history_is_told_after_it(telex_and_agent: Start) -> None:
    telex, agent = telex_and_agent()
    telex.restart(down_for=1.0, wait=False)
    agent.event("state", state="reconnecting")
    telex.direct(0, "Ben Okri", "are you there?")
    told = agent.event("notification", within=40.0)
    assert (told["title"], told["text"]) == ("Ben Okri", "are you there?")


def test_a_call_rings_by_choice(telex_and_agent: Start) -> None:
    types = "unread_thread_change,direct_call_initiated"
    telex, agent = telex_and_agent(TELEX_START_NOTIFICATION_TYPES=types)
    telex.call(0, "Ben Okri")
    assert toast(agent)["title"].casefold().replace(".", " ") == "ben okri is calling"
