"""A machine's clocks for tests: one that is set by people, and one that nobody sets."""

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
    """It is Friday, 27 November 2026, 13:30 in Berlin, and the machine runs for 1000 seconds."""

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
        """Time goes by, awake or asleep."""
        self.now += seconds
        self.wall += seconds

    def set(self, *date: int) -> None:
        """Somebody sets the clock on the wall."""
        self.wall = datetime(*date, tzinfo=BERLIN).timestamp()  # type: ignore[arg-type,misc]

    def reboot(self, *, minutes: float = 1) -> None:
        self.wall += minutes * 60
        self.now, self.boot = 5.0, f"{self.boot}+"

    def quiet(self, config: Config | None = None, **options: Any) -> Quiet:
        return Quiet(config or Config(), Wall(lambda: self.wall, self.offset), self.boot, **options)


class QuietDesk(Desk):
    """A notifier with clocks, which is told what changes and what is due as the agent does it."""

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
        """The agent looks: something has come, or is due."""
        if self.quiet.tick(self.clocks.now):
            self.notifier.quiet_changed(self.clocks.now)
        self.notifier.tick(self.clocks.now)

    def comes(self, *data: dict[str, Any], organisation: int = 0) -> None:
        self.receive(*data, now=self.clocks.now, organisation=organisation)
        self.looks()

    def wait(self, seconds: float) -> None:
        """Let time pass as an agent that runs does: it looks when something is due."""
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
