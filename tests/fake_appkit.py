"""A stand-in for PyObjC and the desktop of macOS: records every call, and answers most with another stand-in object.

A mock: there is no Mac here. Each underscore in a method's name is a colon of its selector, and each call must have as
many arguments. Constants are from the metadata of pyobjc-framework-Cocoa 13.0. A method that AppKit allows on the main
thread only fails here on any other thread.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from importlib.machinery import ModuleSpec
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any, Self

import pytest

CONSTANTS = {
    "NSApplicationActivationPolicyAccessory": 1,
    "NSEventMaskAny": (1 << 64) - 1,
    "NSEventTypeApplicationDefined": 15,
    "NSVariableStatusItemLength": -1,
    "NSFontAttributeName": "NSFont",
    "NSWorkspaceDidWakeNotification": "NSWorkspaceDidWakeNotification",
    "NSActivityUserInitiatedAllowingIdleSystemSleep": 0xEFFFFF,
    "NSDefaultRunLoopMode": "kCFRunLoopDefaultMode",
}
_VARIADIC = {"initWithObjectsAndKeys_"}
_NEW_EVENT = "otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_"
_ANYWHERE = {_NEW_EVENT, "postEvent_atStart_"}
"""Methods that any thread may call, as Apple says."""


class Thing:
    """A class or an object of AppKit: any method can be called."""

    def __init__(self, called: Callable[[str, tuple[Any, ...]], Any]) -> None:
        self._called = called

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments: self._called(name, arguments)


class NSObject:
    """The base of the product's own Objective-C classes."""

    @classmethod
    def alloc(cls) -> Self:
        return cls()

    def init(self) -> Self:
        return self


class Desk:
    """The Mac's desktop: what the program has called, and what the person does.

    Attributes:
        calls: All calls so far, methods and their arguments.
        events: The events that wait for the application, as functions that ``sendEvent_`` calls.
        front_pid: The process id of the application that has the keyboard.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.events: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.front_pid = 99
        self._main = threading.current_thread()
        self._answers: dict[str, Callable[..., object]] = {
            "processIdentifier": lambda: self.front_pid,
            "thickness": lambda: 22.0,
            "pointSize": lambda: 13.0,
            "distantFuture": lambda: None,
            "dateWithTimeIntervalSinceNow_": lambda seconds: time.monotonic() + seconds,
            "nextEventMatchingMask_untilDate_inMode_dequeue_": self._next_event,
            "sendEvent_": lambda event: event(),
            "postEvent_atStart_": lambda event, at_start: self.events.put(event),
            _NEW_EVENT: lambda *_: lambda: None,
        }

    def called(self, method: str, arguments: tuple[Any, ...]) -> Any:
        assert method in _VARIADIC or len(arguments) == method.count("_"), method
        assert method in _ANYWHERE or threading.current_thread() is self._main, f"{method} is for the main thread"
        self.calls.append((method, arguments))
        answer = self._answers.get(method)
        return Thing(self.called) if answer is None else answer(*arguments)

    def last(self, method: str) -> tuple[Any, ...]:
        """The arguments of the last call of a method."""
        return next(arguments for name, arguments in reversed(self.calls) if name == method)

    @property
    def tags(self) -> dict[str, int]:
        """The numbers of the items of the icon's menu, by their titles."""
        open_titles: list[str] = []
        found: dict[str, int] = {}
        for name, arguments in self.calls:
            if name == "initWithTitle_action_keyEquivalent_":
                open_titles.append(arguments[0])
            elif name == "setTag_":  # after the items of its submenu
                found[open_titles.pop()] = arguments[0]
        return found

    def click(self, title: str) -> None:
        """Choose an item of the icon's menu, as soon as the application handles events."""
        delegate, item = self.last("setTarget_")[0], Thing(lambda *_: self.tags[title])
        self.events.put(lambda: delegate.activate_menu_item(item))

    def wake(self) -> None:
        """The machine wakes up."""
        name, _, _, block = self.last("addObserverForName_object_queue_usingBlock_")
        assert name == CONSTANTS["NSWorkspaceDidWakeNotification"]
        self.events.put(lambda: block(object()))

    def _next_event(self, mask: int, until: float | None, mode: str, dequeue: bool) -> object:
        assert (mask, mode, dequeue) == (CONSTANTS["NSEventMaskAny"], CONSTANTS["NSDefaultRunLoopMode"], True)
        try:
            return self.events.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
        except Empty:
            return None


def install(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Put stand-ins in the place of AppKit, Foundation, objc and PyObjCTools, and set `sys.platform` to "darwin"."""
    desk = Desk()

    def module(name: str, **content: object) -> ModuleType:
        made = ModuleType(name)
        made.__spec__ = ModuleSpec(name, None)
        vars(made).update(content)
        monkeypatch.setitem(sys.modules, name, made)
        return made

    def named_selector(selector: bytes) -> Callable[[Any], Any]:
        return lambda function: function

    for name in ("AppKit", "Foundation"):
        module(name, NSObject=NSObject, __getattr__=lambda word: CONSTANTS.get(word) or Thing(desk.called))
    module("objc", namedSelector=named_selector, autorelease_pool=nullcontext)
    module("PyObjCTools", MachSignals=module("PyObjCTools.MachSignals"))
    monkeypatch.setattr(sys, "platform", "darwin")
    # pystray chooses its backend on import: so it is imported again here, and its old modules come back after the test.
    for name in {"pystray", "pystray._base", "pystray._darwin", *(name for name in sys.modules if "pystray." in name)}:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        del sys.modules[name]
    return desk
