"""A program with nothing but the login window, for tests: events go to stdout a line each, orders come on stdin.

Orders: ``busy TEXT``, ``failure TEXT``, ``success TEXT``, ``say TEXT``, ``forward``, ``close``; ``open`` where it is
closed; ``end``.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import threading
from queue import Empty, SimpleQueue

from telex_start.desktop.login_window import LoginWindow
from telex_start.events import Event, WindowSubmitted


def _print(event: Event) -> None:
    words = [type(event).__name__]
    if isinstance(event, WindowSubmitted):
        words += [event.email, event.password]
    print(*words, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--email", default="")
    parser.add_argument("--message", default="")
    parser.add_argument("--unasked", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG)
    orders: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            orders.put(line.strip())

    def collect() -> None:
        while True:
            gc.collect()

    threading.Thread(target=read, daemon=True).start()
    if options.times > 1:
        threading.Thread(target=collect, daemon=True).start()
    for _ in range(options.times):
        window = LoginWindow(_print, options.email, take_focus=not options.unasked, message=options.message)

        def turn(window: LoginWindow = window) -> None:
            if options.times > 1:
                window.close()
            try:
                word, _, text = orders.get_nowait().partition(" ")
            except Empty:
                return
            if word == "forward":
                window.come_forward()
            elif word == "close":
                window.close()
            elif word == "say":
                window.say(text)
            else:
                getattr(window, f"show_{word}")(text)
            print("done", word, flush=True)

        print("open", flush=True)
        window.run(turn)
    print("closed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
