"""What runs in a desktop's own Debian: the agent on the desktop, again and again or on a walk over all that it shows.

It needs the packages of the agent alone, and leaves nothing: all its processes end with the namespace it runs in.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from .known import DESKTOPS
from .session import AN_ICON, APPEARS_WITHIN, HERE, SETTLED, STARTED_WITHIN, Session
from .toasts import wrong_toasts
from .walk import Walk


def starts(session: Session, count: int) -> int:
    """Start the agent again and again; how often its icon was missing."""
    missing = 0
    email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
    for turn in range(1, count + 1):
        began = time.monotonic()
        with session.agent("--email", email, "--password-stdin", given=password + "\n") as agent:
            came = session.wait_for_icon(True, APPEARS_WITHIN)
            took = time.monotonic() - began
            time.sleep(SETTLED)
            there = session.icon_pixels() >= AN_ICON
            seen = f"icon after {took:.1f} s" if there else "icon lost again" if came else "no icon"
            print(f"start {turn}: {seen}; the tray has {session.registered()}", flush=True)
            if not there or turn in (1, count):
                session.picture(f"start-{turn}" if there else f"start-{turn}-missing")
            missing += not there
            agent.process.terminate()
            assert agent.ended() == 0, agent.errors
        assert session.wait_for_icon(False, APPEARS_WITHIN), "the icon stays"
    print(f"{count} starts, {count - missing} icons", flush=True)
    return missing


def restarts(session: Session, count: int) -> int:
    """Crash the desktop again and again under a running agent; how often the icon was missing after it."""
    missing = 0
    email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
    with session.agent("--email", email, "--password-stdin", given=password + "\n") as agent:
        assert session.wait_for_icon(True, APPEARS_WITHIN), "no icon before the first"
        for turn in range(1, count + 1):
            session.restart()
            there = session.wait_for_online_icon() is not None
            print(f"restart {turn}: {'icon' if there else 'no icon'}; the tray has {session.registered()}", flush=True)
            session.picture(f"restart-{turn}")
            missing += not there
        agent.process.terminate()
        assert agent.ended() == 0, agent.errors
    print(f"{count} restarts of the desktop, {count - missing} icons", flush=True)
    return missing


def window_stands(session: Session) -> bool:
    """Open the login window; whether it stands where it should."""
    with session.agent("--login") as agent:
        assert session.wait_until(lambda: session.off_place("Telex") is not None, STARTED_WITHIN), "no login window"
        time.sleep(SETTLED)
        off = session.off_place("Telex")
        session.picture("window")
        print(f"login window: off its place by {off} pixels", flush=True)
        agent.process.terminate()
        assert agent.ended() == 0, agent.errors
    return off == (0, 0) or not session.desktop.places_windows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("desktop", choices=DESKTOPS)
    parser.add_argument("--starts", type=int, default=0)
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--walk", action="store_true")
    parser.add_argument("--toasts", action="store_true")
    options = parser.parse_args(arguments)
    desktop = DESKTOPS[options.desktop]
    wrong: list[str] = []
    try:
        with Session(desktop) as session:
            print(f"{desktop.title}: running", flush=True)
            session.picture("empty")
            missing = starts(session, options.starts) if options.starts else 0
            if options.walk:
                walk = Walk(session)
                walk.all()
                wrong += walk.wrong
            if options.toasts:
                wrong += wrong_toasts(session)
            missing += restarts(session, options.restarts) if options.restarts else 0
            stands = not options.window or window_stands(session)
    except AssertionError:
        for log in sorted((HERE / "log").iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}", file=sys.stderr)
        raise
    for what in wrong:
        print(f"wrong: {what}", flush=True)
    return 0 if stands and not missing and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
