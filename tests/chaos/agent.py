"""The agent, which is soon asked to sign in again where Telex refuses its look-ups: ``python -m tests.chaos.agent``."""

from __future__ import annotations

import sys

from telex_start.session import timings

# Before anything takes the usual ones from there.
timings.USUAL = timings.Timings(look_up_every=2.0, look_ups_refused_for=1.0)

from telex_start.__main__ import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
