"""A configuration that changes while the program runs: who is told, what is said, and what a mistake changes."""

from __future__ import annotations

import pytest

from telex_start.app.own_words import OwnWords
from telex_start.app.settings_desk import SettingsDesk, Unchanging
from telex_start.config import ENVIRONMENTS, Config, QuietHours
from telex_start.errors import ConfigError
from telex_start.events import MenuClicked, MenuOpened, Organisation, SecondStart
from telex_start.menu import MenuItem, Request
from tests.ground.test_app import Surface, Toasts

RELOAD = SecondStart(Request.RELOAD)


class File:
    """Where the configuration comes from."""

    def __init__(self) -> None:
        self.content: Config | str = Config()
        """It, or what is wrong with it."""
        self._read: Config | str = self.content
        self.taken_up: list[Config] = []

    def changed(self) -> bool:
        return self.content is not self._read

    def load(self) -> Config:
        self._read = self.content
        if isinstance(self.content, str):
            raise ConfigError(self.content)
        return self.content

    def take_up(self, config: Config) -> None:
        self.taken_up.append(config)


class Scene:
    def __init__(self) -> None:
        self.file = File()
        self.surface = Surface()
        self.toasts = Toasts()
        self.told: list[Config] = []
        self.desk = SettingsDesk(Config(), self.file, OwnWords(self.surface, self.toasts), [self.told.append])

    @property
    def said(self) -> list[str]:
        """What was said, on the terminal too."""
        assert [toast.body for toast in self.toasts.shown] == [trouble.message for trouble in self.surface.troubles]
        return [toast.body for toast in self.toasts.shown]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("event", [MenuOpened(), RELOAD])
def test_a_change_counts_at_once_for_all_who_use_it(scene: Scene, event: MenuOpened | SecondStart) -> None:
    scene.file.content = new = Config(sound="off", quiet=QuietHours(0, 60))
    assert scene.desk.handle(event) == (event is RELOAD), "the menu's opening is of interest to others too"
    assert scene.told == scene.file.taken_up == [new]
    assert scene.said == []


def test_an_unchanged_file_is_not_even_read(scene: Scene) -> None:
    scene.file.load = lambda: pytest.fail("it was read")  # type: ignore[method-assign]
    assert not scene.desk.handle(MenuOpened())
    assert not scene.desk.handle(MenuClicked(MenuItem.LOGIN))
    assert not scene.desk.handle(SecondStart(Request.OPEN))


def test_who_asks_for_it_has_it_read_in_any_case_and_what_is_the_same_troubles_nobody(scene: Scene) -> None:
    assert scene.desk.handle(RELOAD)
    assert (scene.told, scene.said) == ([], [])


def test_a_mistake_is_said_once_and_changes_nothing_until_it_is_mended(scene: Scene) -> None:
    scene.file.content = 'config.toml: sound is "loud"; allowed is "desktop", "on" or "off".'
    for _ in range(3):
        scene.desk.handle(MenuOpened())
    assert scene.said == [scene.file.content]
    assert scene.told == []
    scene.desk.handle(RELOAD)
    assert len(scene.said) == 2, "who asks is told again"
    scene.file.content = new = Config(sound="off")
    scene.desk.handle(MenuOpened())
    assert scene.told == [new]
    assert scene.toasts.on_screen == []


def test_a_mistake_that_is_undone_is_not_told_as_standing(scene: Scene) -> None:
    scene.file.content = "config.toml is no TOML."
    scene.desk.handle(RELOAD)
    scene.file.content = Config()
    scene.desk.handle(RELOAD)
    assert (scene.told, scene.toasts.on_screen) == ([], [])


def test_addresses_count_at_the_next_start_and_the_rest_at_once(scene: Scene) -> None:
    scene.file.content = Config(api_url="https://x/api/v1", push_url="wss://x", email="a@b", sound="on", ca_file="/ca")
    scene.desk.handle(MenuOpened())
    assert scene.told == [Config(sound="on")]
    assert scene.said == ["api_url, push_url, ca_file and email; whatever else was changed counts at once."]
    scene.file.content = scene.file.content._replace(show_text=False)
    scene.desk.handle(MenuOpened())
    assert scene.told[-1] == Config(sound="on", show_text=False)
    assert len(scene.said) == 1, "it has been said"
    scene.file.content = Config()
    scene.desk.handle(MenuOpened())
    assert scene.toasts.on_screen == [], "nothing waits for the next start any more"


def test_an_organisation_that_is_none_of_the_users_is_named_once(scene: Scene) -> None:
    """Its key had no effect, and nothing said so."""
    ours = (Organisation(id="o-1", name="Northwind Ops", channel="c-1"),)
    scene.file.content = Config(organisations=(("o-1", "all"), ("northwind  ops", "all"), ("Northwnd", "none")))
    scene.desk.handle(MenuOpened())
    assert scene.said == [], "nobody is signed in, so nobody knows"
    for _ in range(2):
        scene.desk.organisations(ours)
    assert scene.said == ['Without effect: organisations."Northwnd". Yours: Northwind Ops.']
    scene.desk.handle(RELOAD)
    assert len(scene.said) == 2, "who asks is told again"
    scene.file.content = Config(organisations=(("NORTHWIND OPS", "none"),))
    scene.desk.handle(MenuOpened())
    assert scene.toasts.on_screen == []
    scene.file.content = Config(organisations=tuple((f"{n}", "all") for n in range(5)))
    scene.desk.handle(MenuOpened())
    assert 'organisations."2" and 2 more. Yours' in scene.said[-1]


def test_another_environment_is_said_by_the_key_that_was_changed(scene: Scene) -> None:
    """It was said by three keys that stand nowhere in the file."""
    scene.file.content = Config(**ENVIRONMENTS["staging"]._asdict(), email="a@b")
    scene.desk.handle(MenuOpened())
    assert scene.said == ["environment and email; whatever else was changed counts at once."]


def test_a_configuration_without_a_file_stays_as_it_is(scene: Scene) -> None:
    desk = SettingsDesk(Config(), Unchanging(Config()), OwnWords(scene.surface, scene.toasts), [scene.told.append])
    desk.handle(MenuOpened())
    desk.handle(RELOAD)
    assert scene.told == []
