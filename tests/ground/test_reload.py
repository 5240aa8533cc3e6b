"""A configuration that changes while the agent runs: what counts at once, what is said, what Preferences opens with."""

from __future__ import annotations

import pytest

from telex_start.config import ENVIRONMENTS, Config, QuietHours
from telex_start.events import (
    ChildSaid,
    Event,
    MenuClicked,
    MenuOpened,
    MuteChosen,
    Organisation,
    OrganisationsChanged,
    Requested,
    WatchSettings,
)
from telex_start.menu import MenuItem, MuteFor, Request
from telex_start.toast import Conversation
from tests.ground.app_scene import ONE_ORGANISATION, ONLINE, SIGNED_OUT, Scene, news

RELOAD = Requested(Request.RELOAD)
PREFERENCES = Requested(Request.PREFERENCES)
GENERAL = Conversation("org/user", "channels_section", "General")


@pytest.fixture
def scene() -> Scene:
    return Scene(config=Config())


def said(scene: Scene) -> list[str]:
    return [body for _, body in scene.said]


@pytest.mark.parametrize("event", [MenuOpened(), RELOAD, ChildSaid("preferences", {"saved": True})], ids=repr)
def test_a_change_counts_at_once_for_all_who_use_it(scene: Scene, event: Event) -> None:
    scene.source.content = new = Config(sound="off", show_text=False, quiet=QuietHours(13 * 60, 14 * 60))
    scene.turn(ONLINE, event)
    assert scene.configured == [new]
    assert scene.surface.views[-1].status.endswith(", paused until 14:00")
    assert scene.said == []


def test_what_telex_has_of_the_person_is_polled_once_it_is_to_be_honoured() -> None:
    scene = Scene(config=Config(honour_telex_settings=False))
    for honoured in (True, False, True):
        scene.source.content = Config(honour_telex_settings=honoured)
        scene.turn(MenuOpened())
    assert scene.session.sent == [WatchSettings()]


def test_an_unchanged_file_is_not_even_read(scene: Scene) -> None:
    scene.source.load = lambda: pytest.fail("it was read")  # type: ignore[method-assign]
    scene.run(MenuOpened(), MenuClicked(MenuItem.LOGIN), Requested(Request.OPEN))


def test_who_asks_for_it_has_it_read_in_any_case_and_what_is_the_same_troubles_nobody(scene: Scene) -> None:
    scene.source.content = Config()
    scene.turn(RELOAD)
    assert not scene.source.changed()
    assert (scene.configured, scene.said) == ([], [])


def test_a_mistake_is_said_once_and_changes_nothing_until_it_is_mended(scene: Scene) -> None:
    scene.source.content = 'config.toml: sound is "loud"; allowed is "desktop", "on" or "off".'
    scene.turn(*[MenuOpened()] * 3)
    assert said(scene) == [scene.source.content]
    assert scene.configured == []
    scene.turn(RELOAD)
    assert len(scene.said) == 2, "who asks is told again"
    scene.source.content = new = Config(sound="off")
    scene.turn(MenuOpened())
    assert scene.configured == [new]
    assert scene.toasts.on_screen == []


def test_a_mistake_that_is_undone_is_not_told_as_standing(scene: Scene) -> None:
    scene.source.content = "config.toml is no TOML."
    scene.turn(RELOAD)
    scene.source.content = Config()
    scene.turn(RELOAD)
    assert (scene.configured, scene.toasts.on_screen) == ([], [])


def test_addresses_count_at_the_next_start_and_the_rest_at_once(scene: Scene) -> None:
    content = Config(api_url="https://x/api/v1", push_url="wss://x", email="a@b", sound="on", ca_file="/ca")
    scene.source.content = content
    scene.turn(MenuOpened())
    assert scene.configured == [Config(sound="on")]
    assert said(scene) == ["api_url, push_url, ca_file and email; whatever else was changed counts at once."]
    scene.source.content = content._replace(show_text=False)
    scene.turn(MenuOpened())
    assert scene.configured[-1] == Config(sound="on", show_text=False)
    assert len(scene.said) == 1, "it has been said"
    scene.turn(RELOAD)
    assert len(scene.said) == 2, "who asks is told again"
    scene.source.content = Config()
    scene.turn(MenuOpened())
    assert scene.toasts.on_screen == [], "nothing waits for the next start any more"


def test_another_environment_is_said_by_the_key_that_was_changed(scene: Scene) -> None:
    """The message named three address keys that stand nowhere in the file."""
    scene.source.content = Config(**ENVIRONMENTS["staging"]._asdict(), email="a@b")
    scene.turn(MenuOpened())
    assert said(scene) == ["environment and email; whatever else was changed counts at once."]


def test_an_organisation_that_is_none_of_the_users_is_named_once(scene: Scene) -> None:
    """The unknown organisation's key had no effect, and nothing said so."""
    ours = OrganisationsChanged((Organisation(id="o-1", name="Northwind Ops", channel="c-1"),))
    scene.source.content = Config(organisations=(("o-1", "all"), ("northwind  ops", "all"), ("Northwnd", "none")))
    scene.turn(MenuOpened())
    assert scene.said == [], "nobody is signed in, so nobody knows"
    scene.turn(ours, ours)
    assert said(scene) == ['Without effect: organisations."Northwnd". Yours: Northwind Ops.']
    scene.turn(RELOAD)
    assert len(scene.said) == 2, "who asks is told again"
    scene.source.content = Config(organisations=(("NORTHWIND OPS", "none"),))
    scene.turn(MenuOpened())
    assert scene.toasts.on_screen == []
    scene.source.content = Config(organisations=tuple((f"{n}", "all") for n in range(5)))
    scene.turn(MenuOpened())
    assert 'organisations."2" and 2 more. Yours' in said(scene)[-1]
    scene.turn(SIGNED_OUT)
    assert scene.toasts.on_screen == []
    before = len(scene.said)
    scene.turn(RELOAD)
    assert len(scene.said) == before, "nobody knows whose organisations they would be"


# Its window.


@pytest.mark.parametrize(("event", "token"), [(MenuClicked(MenuItem.PREFERENCES, "t"), "t"), (PREFERENCES, "")])
def test_the_preferences_are_opened_with_what_only_the_agent_knows(scene: Scene, event: Event, token: str) -> None:
    muted = MuteChosen(GENERAL, MuteFor.HOUR, name="# General")
    scene.turn(ONLINE, OrganisationsChanged((Organisation("0198aa", "Northwind\u202e Ops", "org/user"),)), muted, event)
    organisations = [("0198aa", "Northwind\u202e Ops", "Northwind Ops")]
    assert scene.windows.asked_for == [
        ("preferences", token, (organisations, [(tuple(GENERAL), "# General", "until 14:30")]))
    ]
    scene.turn(SIGNED_OUT, event)
    assert scene.windows.asked_for[1][2] == ([], [(tuple(GENERAL), "# General", "until 14:30")])


def test_an_agent_without_an_icon_opens_nothing_in_its_place() -> None:
    """The request for Preferences opened Telex in the browser, as any second start does."""
    scene = Scene()
    scene.surface.answers = []
    assert scene.opened(ONLINE, PREFERENCES) == []
    assert (scene.windows.asked_for, scene.said) == ([], [])


def test_what_was_unmuted_is_heard_again(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, MuteChosen(GENERAL, MuteFor.UNTIL_UNMUTED))
    scene.turn(ChildSaid("preferences", {"unmute": list(GENERAL)}))
    scene.turn(news(1))
    assert scene.surface.views[-1].muted == ()
    assert [toast.title for toast in scene.toasts.shown] == ["General"]


@pytest.mark.parametrize("words", [{}, {"saved": 1.5}, {"unmute": ["a"]}, {"unmute": [1, 2, 3]}, {"other": True}])
def test_what_makes_no_sense_does_nothing(scene: Scene, words: dict[str, object]) -> None:
    scene.source.load = lambda: pytest.fail("it was read")  # type: ignore[method-assign]
    scene.turn(MuteChosen(GENERAL, MuteFor.UNTIL_UNMUTED), ChildSaid("preferences", words))
    assert len(scene.surface.views[-1].muted) == 1
