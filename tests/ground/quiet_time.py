"""A machine's clocks for tests (the wall clock, which people can set, and the running time), and a desk with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telex_start.config import Config
from telex_start.news.quiet import Quiet
from telex_start.news.wall import Wall
from tests.ground.desk import Desk

BERLIN = ZoneInfo("Europe/Berlin")


class Clocks:
    """The clocks at Friday, 27 November 2026, 13:30 in Berlin, 1000 seconds after the machine's start."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall = datetime(2026, 11, 27, 13, 30, tzinfo=BERLIN).timestamp()
        self.boot = "first"
        self.zone = BERLIN

    def offset(self, at: float) -> float:
        found = datetime.fromtimestamp(at, self.zone).utcoffset()
        assert found is not None
        return found.total_seconds()

    def pass_by(self, seconds: float) -> None:
        """Let time pass, with the machine awake or asleep."""
        self.now += seconds
        self.wall += seconds

    def set(self, *date: int) -> None:
        """Set the wall clock, as a person does; the running time stays."""
        self.wall = datetime(*date, tzinfo=BERLIN).timestamp()  # type: ignore[arg-type,misc]

    def reboot(self, *, minutes: float = 1) -> None:
        self.wall += minutes * 60
        self.now, self.boot = 5.0, f"{self.boot}+"

    def quiet(self, config: Config | None = None, **options: Any) -> Quiet:
        return Quiet(config or Config(), Wall(lambda: self.wall, self.offset), self.boot, **options)


class QuietDesk(Desk):
    """A notifier with clocks and quiet hours, driven as the agent drives it: told of changes and of what is due."""

    def __init__(self, organisations: int = 1, *types: str, config: Config | None = None, **options: Any) -> None:
        self.clocks = Clocks()
        self.quiet = self.clocks.quiet(config, **options)
        super().__init__(organisations, *types, quiet=self.quiet)
        self.changed()

    def changed(self) -> None:
        self.quiet.tick(self.clocks.now)
        self.notifier.quiet_changed(self.clocks.now)

    def pause_here(self, argument: str) -> None:
        self.quiet.pause(argument, self.clocks.now)
        self.changed()

    def looks(self) -> None:
        """Do what the agent does when something has come or is due."""
        if self.quiet.tick(self.clocks.now):
            self.notifier.quiet_changed(self.clocks.now)
        self.notifier.tick(self.clocks.now)

    def comes(self, *data: dict[str, Any], organisation: int = 0) -> None:
        self.receive(*data, now=self.clocks.now, organisation=organisation)
        self.looks()

    def wait(self, seconds: float) -> None:
        """Let time pass in a running agent, which acts whenever something is due."""
        end, looks = self.clocks.now + seconds, 0
        while True:
            dues = [due for due in (self.quiet.deadline(), self.notifier.deadline()) if due is not None]
            if not dues or min(dues) > end:
                break
            looks += 1
            assert looks < 10_000, "what is due never comes"
            self.clocks.pass_by(max(0.0, min(dues) - self.clocks.now))
            self.looks()
        self.clocks.pass_by(end - self.clocks.now)
        self.looks()
