"""Builds the missing Centrifugo binaries before the tests, each of which would wait for them otherwise."""

from __future__ import annotations

import sys
import time

from tests.servers import CENTRIFUGO_VERSIONS, NoGo, centrifugo_binary

for version, release in CENTRIFUGO_VERSIONS.items():
    began = time.monotonic()
    try:
        print(f"centrifugo {release}: {centrifugo_binary(version)} ({time.monotonic() - began:.0f} s)", flush=True)
    except NoGo as missing:
        print(f"centrifugo {release}: its tests are skipped: {missing}", file=sys.stderr)
