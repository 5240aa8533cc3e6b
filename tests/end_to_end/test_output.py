"""Standard output of ``--headless``: whatever its reader does, nobody waits for it, and every line is whole."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TextIO

import pytest

from telex_start.process.streams import MOST_QUEUED, Output
from tests.process import TIMEOUT

LINE = "{:05} " + "x" * 993
"""A thousand bytes with its end."""


class Pipe:
    """A small pipe, whose reader is the test."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        if sys.platform == "linux":  # elsewhere it is small as it is: 16 KiB on macOS
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        self.out = os.fdopen(write, "w", encoding="utf-8")
        self.gone = threading.Event()
        self.output = Output(self.out, self.gone.set)

    def lines(self, last: str) -> list[str]:
        """All lines up to one."""
        read = bytearray()
        while not read.endswith(last.encode() + b"\n"):
            assert select.select([self._read], [], [], TIMEOUT)[0], f"it ends with {bytes(read[-100:])!r}"
            read += os.read(self._read, 65536)
        return read.decode().splitlines()

    def reader_goes(self) -> None:
        os.close(self._read)
        self._read = -1

    def close(self) -> None:
        self.output.stop(0)
        if self._read >= 0:
            self.reader_goes()
        for thread in output_threads():
            thread.join(TIMEOUT)
            assert not thread.is_alive()
        with suppress(OSError):
            self.out.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def numbers(lines: list[str]) -> list[int]:
    assert {len(line) for line in lines} == {999}, "each is whole"
    return [int(line[:5]) for line in lines]


def test_a_reader_that_sleeps_loses_the_oldest_lines_and_nothing_else(
    pipe: Pipe, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3000):
        pipe.output.write(LINE.format(number))
    warnings = [record.message for record in caplog.records]
    assert warnings == ["nobody reads standard output: its oldest lines are dropped"], "once"
    found = numbers(pipe.lines(LINE.format(2999)))
    waited = MOST_QUEUED // 1000
    taken, kept = found[:-waited], found[-waited:]
    assert kept == list(range(3000 - waited, 3000)), "the newest megabyte"
    # If the thread came late, the oldest lines were dropped before it took its first: then the numbers have gaps.
    assert taken == sorted(set(taken)), "in their order"
    assert len(taken) <= 2 * (4096 // 1000), "what the pipe and the thread had taken"
    assert pipe.output.wait(TIMEOUT)
    pipe.output.write("again")
    assert pipe.lines("again") == ["again"]
    dropped = 3000 - len(found)
    assert [record.message for record in caplog.records][1:] == [
        f"standard output is read again; {dropped} lines were dropped"
    ]


def output_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "output"]


def test_what_is_queued_at_the_end_is_written(pipe: Pipe) -> None:
    assert pipe.output.wait(0)
    assert output_threads() == [], "nothing is started before there is a line"
    for number in range(500):
        pipe.output.write(LINE.format(number))
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.extend(pipe.lines(LINE.format(499))))
    reader.start()
    pipe.output.stop(TIMEOUT)
    reader.join(TIMEOUT)
    assert numbers(read) == list(range(500))
    pipe.output.write("after the end")
    assert output_threads() == []


def test_the_end_does_not_wait_for_a_reader_that_sleeps(pipe: Pipe) -> None:
    for number in range(10):
        pipe.output.write(LINE.format(number))
    assert not pipe.output.wait(0.1), "there is still room"
    pipe.output.stop(0.01)
    assert not pipe.gone.is_set()


def test_a_reader_that_goes_is_told_once_and_nothing_is_kept_for_it(pipe: Pipe) -> None:
    pipe.reader_goes()
    for number in range(10):
        pipe.output.write(LINE.format(number))
    assert pipe.gone.wait(TIMEOUT)
    pipe.output.write("for nobody")
    assert pipe.output.wait(0)


def test_a_descriptor_that_does_not_block_loses_nothing(pipe: Pipe) -> None:
    """As if another program that shares standard output has made it non-blocking: node does."""
    os.set_blocking(pipe.out.fileno(), False)
    for number in range(500):
        pipe.output.write(LINE.format(number))
    assert numbers(pipe.lines(LINE.format(499))) == list(range(500))


class FullDisk:
    """A file on a disk that is full after so many bytes, until it is given room. A mock: a real one needs root."""

    encoding = "utf-8"

    def __init__(self, room: int) -> None:
        self.room = room
        self.text = b""
        self.buffer = SimpleNamespace(raw=self)

    def flush(self) -> None: ...

    def write(self, data: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = bytes(data[: self.room])
        self.text += taken
        self.room -= len(taken)
        return len(taken)


def test_a_line_that_the_disk_has_cut_does_not_run_into_the_next(caplog: pytest.LogCaptureFixture) -> None:
    disk = FullDisk(8)
    out: TextIO = disk  # type: ignore[assignment]
    lines = Output(out, lambda: None)
    for line in ("one", "two and more", "three", "and more"):
        lines.write(line)
    assert lines.wait(TIMEOUT)
    disk.room = 100
    lines.write("four")
    lines.stop(TIMEOUT)
    assert disk.text == b"one\ntwo \nfour\n"
    assert [record.levelno for record in caplog.records] == [logging.WARNING], "once"
