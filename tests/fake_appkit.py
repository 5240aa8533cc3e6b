"""A stand-in for PyObjC and the desktop of macOS: so much of it as this program and pystray 0.19.5 call.

A mock: there is no Mac here. Names and numbers of arguments are PyObjC's: a method's underscores are its selector's
colons, and each class is checked for that when it is made. Constants, and the methods whose arguments are no mere
objects and numbers, are by the metadata of pyobjc-framework-Cocoa 13.0; the others PyObjC finds out at run time, and
they are by Apple's documentation. On a Mac `tests/desktop/test_macos.py` compares all of it with the real one.
What AppKit wants to have called on the main thread alone, fails here on any other.
"""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.machinery import ModuleSpec
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any, Self

import pytest

CONSTANTS = {
    "AppKit": {
        "NSApplicationActivationPolicyAccessory": 1,
        "NSEventMaskAny": (1 << 64) - 1,
        "NSEventTypeApplicationDefined": 15,
        "NSVariableStatusItemLength": -1,
        "NSOnState": 1,
        "NSOffState": 0,
        "NSFontAttributeName": "NSFont",
        "NSWorkspaceDidWakeNotification": "NSWorkspaceDidWakeNotification",
    },
    "Foundation": {
        "NSActivityUserInitiatedAllowingIdleSystemSleep": 0xEFFFFF,
        "NSDefaultRunLoopMode": "kCFRunLoopDefaultMode",
    },
}
_VARIADIC = {"initWithObjectsAndKeys_"}
_OWN_PID = 4711


class Desk:
    """What the person sees, and what they do."""

    def __init__(self) -> None:
        self.main = threading.current_thread()
        self.events: SimpleQueue[Any] = SimpleQueue()
        self.done: list[str] = []
        """What happened to the application, in its order."""
        self.items: list[Any] = []
        """In the menu bar."""
        self.activities: list[tuple[int, str]] = []
        self.observers: dict[int, tuple[str, Callable[[Any], object]]] = {}
        self.front_pid = 99
        """Of the application that has the keyboard."""

    def on_main(self) -> None:
        """Called by what is for the main thread alone."""
        assert threading.current_thread() is self.main, "AppKit is for the main thread"

    @property
    def titles(self) -> list[str]:
        """The items of the icon's menu."""
        return [item.title for item in self.items[0].menu.items if item.title]

    def click(self, title: str) -> None:
        """Choose an item of the icon's menu, as soon as the application handles events."""

        def choose() -> None:
            (item,) = [item for item in self.items[0].menu.items if item.title == title]
            assert item.enabled, title
            _perform(item.target, item.action, item)

        self.events.put(_Happening(choose))

    def wake(self) -> None:
        """The machine wakes up."""

        def tell() -> None:
            for name, block in list(self.observers.values()):
                if name == "NSWorkspaceDidWakeNotification":
                    block(object())

        self.events.put(_Happening(tell))


class _Happening:
    def __init__(self, what: Callable[[], object]) -> None:
        self.what = what


def _perform(target: Any, selector: bytes, sender: Any) -> None:
    """What Objective-C does with target and action."""
    for name in dir(type(target)):
        if getattr(getattr(type(target), name), "selector", None) == selector:
            getattr(target, name)(sender)
            return
    raise AssertionError(f"unrecognized selector {selector!r}")


def _named_selector(selector: bytes) -> Callable[[Any], Any]:
    def decorated(function: Any) -> Any:
        function.selector = selector
        return function

    return decorated


class Objective:
    """Base of all classes here: as many arguments as underscores."""

    def __init_subclass__(cls) -> None:
        for name, member in vars(cls).items():
            function = member.__func__ if isinstance(member, classmethod) else member
            if name.startswith("_") or not inspect.isfunction(function) or hasattr(function, "selector"):
                continue
            if name not in _VARIADIC:
                assert len(inspect.signature(function).parameters) - 1 == name.count("_"), f"{cls.__name__}.{name}"

    @classmethod
    def alloc(cls) -> Self:
        return cls()

    def init(self) -> Self:
        return self


def install(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Have AppKit, Foundation, objc and PyObjCTools imported from here, and `sys.platform` say "darwin"."""
    desk = Desk()
    classes = _classes(desk)
    for name in ("AppKit", "Foundation"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        vars(module).update(CONSTANTS[name], **classes[name])
        monkeypatch.setitem(sys.modules, name, module)
    objc = ModuleType("objc")
    vars(objc).update(namedSelector=_named_selector, autorelease_pool=_autorelease_pool)
    monkeypatch.setitem(sys.modules, "objc", objc)
    tools, signals = ModuleType("PyObjCTools"), ModuleType("PyObjCTools.MachSignals")
    vars(tools)["MachSignals"] = signals
    monkeypatch.setitem(sys.modules, "PyObjCTools", tools)
    monkeypatch.setitem(sys.modules, "PyObjCTools.MachSignals", signals)
    monkeypatch.setattr(sys, "platform", "darwin")
    # pystray chooses its backend when it is imported: it is imported anew, and is what it was again after the test.
    for name in {"pystray", "pystray._base", "pystray._darwin", *filter(_is_pystray, sys.modules)}:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        del sys.modules[name]
    return desk


def _is_pystray(name: str) -> bool:
    return name.partition(".")[0] == "pystray"


def _autorelease_pool() -> AbstractContextManager[None]:
    return nullcontext()


def _classes(desk: Desk) -> dict[str, dict[str, type]]:
    """AppKit's and Foundation's, of one desk."""

    class NSObject(Objective): ...

    class NSDate(Objective):
        def __init__(self) -> None:
            self.at = float("inf")

        @classmethod
        def distantFuture(cls) -> Self:
            return cls()

        @classmethod
        def dateWithTimeIntervalSinceNow_(cls, seconds: float) -> Self:
            made = cls()
            made.at = time.monotonic() + seconds
            return made

    class NSData(Objective):
        held = b""

        @classmethod
        def dataWithBytes_length_(cls, data: bytes, length: int) -> Self:
            made = cls()
            made.held = data[:length]
            return made

    class NSDictionary(Objective):
        def initWithObjectsAndKeys_(self, *words: object) -> Self:
            return self

    class NSAttributedString(Objective):
        def initWithString_attributes_(self, text: str, attributes: NSDictionary) -> Self:
            return self

    class NSProcessInfo(Objective):
        @classmethod
        def processInfo(cls) -> Self:
            return cls()

        def beginActivityWithOptions_reason_(self, options: int, reason: str) -> object:
            desk.activities.append((options, reason))
            return desk.activities[-1]

        def endActivity_(self, activity: Any) -> None:
            desk.activities.remove(activity)

    class NSNotificationCenter(Objective):
        def addObserverForName_object_queue_usingBlock_(
            self, name: str, sender: object, queue: object, block: Callable[[Any], object]
        ) -> object:
            observer = object()
            desk.observers[id(observer)] = (name, block)
            return observer

        def removeObserver_(self, observer: object) -> None:
            del desk.observers[id(observer)]

    class NSRunningApplication(Objective):
        pid = 0

        def processIdentifier(self) -> int:
            return self.pid

        def activateWithOptions_(self, options: int) -> bool:
            desk.front_pid = self.pid
            desk.done.append(f"{self.pid} in front")
            return True

    class NSWorkspace(Objective):
        @classmethod
        def sharedWorkspace(cls) -> Self:
            return cls()

        def frontmostApplication(self) -> NSRunningApplication:
            found = NSRunningApplication()
            found.pid = desk.front_pid
            return found

        def notificationCenter(self) -> NSNotificationCenter:
            return NSNotificationCenter()

    class NSEvent(Objective):
        what = staticmethod(lambda: None)

        @classmethod
        def otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(
            cls,
            kind: int,
            location: tuple[float, float],
            flags: int,
            timestamp: float,
            window: int,
            context: object,
            subtype: int,
            data1: int,
            data2: int,
        ) -> Self:
            assert kind == 15 and len(location) == 2
            return cls()

    class NSApplication(Objective):
        shared: NSApplication | None = None

        @classmethod
        def sharedApplication(cls) -> NSApplication:
            desk.on_main()
            if NSApplication.shared is None:
                NSApplication.shared = cls()
                desk.done.append("application made")
            return NSApplication.shared

        def finishLaunching(self) -> None:
            desk.on_main()
            desk.done.append("launched")

        def setActivationPolicy_(self, policy: int) -> bool:
            desk.on_main()
            desk.done.append(f"policy {policy}")
            return True

        def activateIgnoringOtherApps_(self, ignoring: bool) -> None:
            desk.on_main()
            desk.front_pid = _OWN_PID
            desk.done.append("in front")

        def nextEventMatchingMask_untilDate_inMode_dequeue_(
            self, mask: int, until: NSDate, mode: str, dequeue: bool
        ) -> object:
            desk.on_main()
            assert (mask, mode, dequeue) == ((1 << 64) - 1, "kCFRunLoopDefaultMode", True)
            try:
                left = None if until.at == float("inf") else max(0.0, until.at - time.monotonic())
                return desk.events.get(timeout=left)
            except Empty:
                return None

        def sendEvent_(self, event: Any) -> None:
            desk.on_main()
            event.what()

        def postEvent_atStart_(self, event: NSEvent, at_start: bool) -> None:
            desk.events.put(event)  # from any thread, as Apple says

    class NSImage(Objective):
        data, size = b"", (0.0, 0.0)

        def initWithData_(self, data: NSData) -> Self:
            self.data = data.held
            return self

        def setSize_(self, size: tuple[float, float]) -> None:
            self.size = size

    class NSStatusBarButton(Objective):
        def __init__(self) -> None:
            self.hidden, self.tooltip = True, ""
            self.image: Any = None

        def setTarget_(self, target: object) -> None:
            desk.on_main()

        def setAction_(self, action: bytes) -> None:
            desk.on_main()

        def setHidden_(self, hidden: bool) -> None:
            desk.on_main()
            self.hidden = hidden

        def setToolTip_(self, words: str) -> None:
            desk.on_main()
            self.tooltip = words

        def setImage_(self, image: NSImage) -> None:
            desk.on_main()
            self.image = image

    class NSMenuItem(Objective):
        def __init__(self) -> None:
            self.title, self.enabled, self.state, self.number = "", True, 0, -1
            self.target: Any = None
            self.action = b""
            self.submenu: Any = None

        @classmethod
        def separatorItem(cls) -> Self:
            return cls()

        def initWithTitle_action_keyEquivalent_(self, title: str, action: bytes, key: str) -> Self:
            desk.on_main()
            self.title, self.action = title, action
            return self

        def setSubmenu_(self, menu: object) -> None:
            self.submenu = menu

        def setAction_(self, action: bytes) -> None:
            self.action = action

        def setTarget_(self, target: object) -> None:
            self.target = target

        def setTag_(self, number: int) -> None:
            self.number = number

        def tag(self) -> int:
            return self.number

        def setAttributedTitle_(self, title: NSAttributedString) -> None: ...

        def setState_(self, state: int) -> None:
            self.state = state

        def setEnabled_(self, enabled: bool) -> None:
            self.enabled = bool(enabled)

    class NSMenu(Objective):
        def __init__(self) -> None:
            self.items: list[NSMenuItem] = []

        def initWithTitle_(self, title: str) -> Self:
            desk.on_main()
            return self

        def setAutoenablesItems_(self, on: bool) -> None: ...

        def addItem_(self, item: NSMenuItem) -> None:
            self.items.append(item)

    class NSStatusItem(Objective):
        def __init__(self) -> None:
            self._button = NSStatusBarButton()
            self.menu: Any = None

        def button(self) -> NSStatusBarButton:
            return self._button

        def setMenu_(self, menu: NSMenu | None) -> None:
            desk.on_main()
            self.menu = menu

    class NSStatusBar(Objective):
        @classmethod
        def systemStatusBar(cls) -> Self:
            return cls()

        def statusItemWithLength_(self, length: float) -> NSStatusItem:
            desk.on_main()
            assert NSApplication.shared is not None
            desk.items.append(NSStatusItem())
            return desk.items[-1]  # type: ignore[no-any-return]

        def removeStatusItem_(self, item: NSStatusItem) -> None:
            desk.on_main()
            desk.items.remove(item)

        def thickness(self) -> float:
            return 22.0

    class NSFont(Objective):
        @classmethod
        def menuFontOfSize_(cls, size: float) -> Self:
            return cls()

        @classmethod
        def boldSystemFontOfSize_(cls, size: float) -> Self:
            return cls()

        def pointSize(self) -> float:
            return 13.0

    appkit = (NSApplication, NSEvent, NSFont, NSImage, NSMenu, NSMenuItem, NSRunningApplication, NSStatusBar)
    foundation = (NSAttributedString, NSData, NSDate, NSDictionary, NSNotificationCenter, NSObject, NSProcessInfo)
    return {
        "AppKit": {kind.__name__: kind for kind in (*appkit, NSStatusBarButton, NSStatusItem, NSWorkspace)},
        "Foundation": {kind.__name__: kind for kind in foundation},
    }


def methods() -> list[tuple[str, str, str, bool]]:
    """Module, class, method, and whether it is the class's: all that is here."""
    return [
        (module, name, method, isinstance(member, classmethod))
        for module, kinds in _classes(Desk()).items()
        for name, kind in kinds.items()
        for method, member in vars(kind).items()
        if not method.startswith("_") and (isinstance(member, classmethod) or inspect.isfunction(member))
    ]
