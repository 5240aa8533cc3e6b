"""Runs inside a desktop's own Debian: makes the checks one after the other, on one session of the desktop.

It needs only the agent's packages, and leaves nothing behind: all its processes end with the namespace it runs in.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from .check import CANNOT, FAILED, MARKS, PASSED, Check, Report, Result, write
from .checks import ALL
from .known import DESKTOPS
from .session import HERE
from .stage import Stage


def made(stage: Stage, check: Check) -> Result:
    """Make a check; gives its result."""
    began = time.monotonic()
    try:
        if why := stage.desktop.cannot.get(check.name):
            result, seen = CANNOT, why
        else:
            result, seen = PASSED, check.make(stage)
    except AssertionError as wrong:
        result, seen = FAILED, str(wrong)
    except Exception as error:
        traceback.print_exc()
        result, seen = FAILED, f"{type(error).__name__}: {error}"
    if result == FAILED:
        stage.picture(f"failed-{check.name.replace(': ', '-').replace(' ', '-')}")
    if result != CANNOT:
        stage.tidy(result == FAILED)
    return Result(check.name, check.words, result, seen, round(time.monotonic() - began, 1))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("desktop", choices=DESKTOPS)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--commit", default="")
    options = parser.parse_args()
    desktop = DESKTOPS[options.desktop]
    only = [name for name in options.only.split(",") if name]
    checks = [check for check in ALL if not only or check.name in only]
    report = Report(options.desktop, desktop.title, options.commit, ())
    try:
        with Stage(desktop, options.starts) as stage:
            print(f"{desktop.title}: running", flush=True)
            stage.picture("empty")
            for check in checks:
                result = made(stage, check)
                print(f"{MARKS[result.result]:6} {result.name} ({result.seconds} s): {result.seen}", flush=True)
                report = report._replace(results=(*report.results, result))
                write(report, HERE / "results.json")
    except Exception:
        traceback.print_exc()
        for log in sorted((HERE / "log").iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}", file=sys.stderr)
    missing = checks[len(report.results) :]
    results = [Result(check.name, check.words, FAILED, "the desktop has ended before", 0.0) for check in missing]
    report = report._replace(results=(*report.results, *results))
    write(report, HERE / "results.json")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
