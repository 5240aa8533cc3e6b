"""Uses macOS's AppKit: no Dock icon, the event loop, waking from sleep, and which application is in front.

Only this module uses PyObjC, which pystray brings. AppKit is for the main thread; a function that another thread may
call says so.

*Read, not run:* there was no Mac to try it on. It follows the metadata of PyObjC 13.0 and Apple's documentation of each
call; the tests run it, and pystray's own backend, against a stand-in with the same signatures.

The program is no bundle. So macOS lets it have an icon in the menu bar and windows, but no notifications of its own
(``UNUserNotificationCenter`` is for bundles): see ``desktop/toasts/plyer_backend.py``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import NoPlaceForIcon
from ..process.lazylog import Log

log = Log(__name__)

_Made = TypeVar("_Made")
_WHY_AWAKE = "It listens for notifications"


class Application:
    """This process's ``NSApplication``. Made once, on the main thread, before anything else of AppKit.

    Args:
        woke: Called when the machine has woken up, on the main thread.

    Raises:
        NoPlaceForIcon: PyObjC is not there.
    """

    def __init__(self, woke: Callable[[], object]) -> None:
        try:
            import AppKit
            import Foundation
            import objc
        except ImportError:
            raise NoPlaceForIcon("an icon needs PyObjC, which pystray brings, or use --headless.") from None
        self._appkit: Any = AppKit
        self._foundation: Any = Foundation
        self._pool: Callable[[], Any] = objc.autorelease_pool
        self._woken = threading.Event()
        self._app: Any = AppKit.NSApplication.sharedApplication()
        self._app.finishLaunching()
        self._app.setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)
        # App Nap would let the timers of a program without windows come seconds late, and the server's pings with them.
        self._busy = Foundation.NSProcessInfo.processInfo().beginActivityWithOptions_reason_(
            Foundation.NSActivityUserInitiatedAllowingIdleSystemSleep, _WHY_AWAKE
        )
        self._observer = (
            AppKit.NSWorkspace.sharedWorkspace()
            .notificationCenter()
            .addObserverForName_object_queue_usingBlock_(
                AppKit.NSWorkspaceDidWakeNotification, None, None, lambda notification: woke()
            )
        )

    def wait(self, seconds: float | None) -> None:
        """Handle what the person does with icon and menu, until :meth:`wake` is called or the seconds are over.

        While a menu is open this does not return: macOS runs a loop of its own then.
        """
        date = self._foundation.NSDate
        until = date.distantFuture() if seconds is None else date.dateWithTimeIntervalSinceNow_(seconds)
        while not self._woken.is_set():
            with self._pool():
                event = self._app.nextEventMatchingMask_untilDate_inMode_dequeue_(
                    self._appkit.NSEventMaskAny, until, self._foundation.NSDefaultRunLoopMode, True
                )
                if event is None:
                    break
                self._app.sendEvent_(event)
        self._woken.clear()

    def wake(self) -> None:
        """Have :meth:`wait` return: the present call, or else the next. From any thread; never blocks."""
        if self._woken.is_set():
            return
        self._woken.set()
        with self._pool():
            make = self._appkit.NSEvent
            event = make.otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(
                self._appkit.NSEventTypeApplicationDefined, (0.0, 0.0), 0, 0.0, 0, None, 0, 0, 0
            )
            self._app.postEvent_atStart_(event, True)

    def stop(self) -> None:
        """Stop observing, and allow App Nap for this process again."""
        self._appkit.NSWorkspace.sharedWorkspace().notificationCenter().removeObserver_(self._observer)
        self._foundation.NSProcessInfo.processInfo().endActivity_(self._busy)


def stay_behind(make: Callable[[], _Made]) -> _Made:
    """Make a Tk window that nobody has asked for, so that the keyboard stays with the application in front.

    Tk by itself makes the process an application with a Dock icon, and brings it to the front; this is undone here.
    """
    try:
        import AppKit
    except ImportError:
        return make()
    before = AppKit.NSWorkspace.sharedWorkspace().frontmostApplication()
    made = make()
    AppKit.NSApplication.sharedApplication().setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)
    if before is not None and before.processIdentifier() != os.getpid():
        before.activateWithOptions_(0)
    return made


def application_in_front() -> tuple[int, tuple[str, ...]] | None:
    """The process that has the keyboard, in the form of :func:`telex_start.desktop.x11.window_in_front`; without names
    of windows, which need the person's permission. From any thread; as old as the main thread's last look."""
    try:
        import AppKit
    except ImportError:
        return None
    front = AppKit.NSWorkspace.sharedWorkspace().frontmostApplication()
    return None if front is None else (int(front.processIdentifier()), ())


def picture(png: bytes, points: float) -> Any:
    """An ``NSImage``, as sharp as the screen is.

    Args:
        png: With at least two pixels for each point.
        points: Its width and height.
    """
    import AppKit
    import Foundation

    image = AppKit.NSImage.alloc().initWithData_(Foundation.NSData.dataWithBytes_length_(png, len(png)))
    image.setSize_((points, points))
    return image
