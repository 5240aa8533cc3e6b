"""An object on the bus: method calls checked and answered, properties, introspection; and what its users share.

Whatever a peer sends gets an answer, an error at worst, with one of the names of the D-Bus specification. What a
method gives is trusted to fit its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...process.lazylog import Log
from ..bus.bus import (
    Bus,
    DBusAddress,
    HeaderFields,
    Message,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)

log = Log(__name__)

_DBUS = "org.freedesktop.DBus"
BUS = DBusAddress("/org/freedesktop/DBus", _DBUS, _DBUS)
"""The bus itself."""
_LONGEST_TEXT = 10_000
"""Characters; nobody reads more on a panel."""
_PROPERTIES = f"{_DBUS}.Properties"
_DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


class LogOnce:
    """Logs the first failure of each kind only: anybody on the bus could cause many more."""

    def __init__(self) -> None:
        self._logged_kinds: set[str] = set()

    def warning(self, kind: str, text: str, *arguments: object) -> None:
        """Log a line, unless this kind was logged already."""
        if self._first(kind):
            log.warning(text, *arguments)

    def exception(self, kind: str, text: str, *arguments: object) -> None:
        """Log a line and the exception that is being handled, unless this kind was logged already."""
        if self._first(kind):
            log.exception(text, *arguments)

    def _first(self, kind: str) -> bool:
        if kind in self._logged_kinds:
            return False
        self._logged_kinds.add(kind)
        return True


def after_the_answer(bus: Bus, work: Callable[[], object]) -> None:
    """Do something once the method call that is being served was answered.

    Some panels stand still until their call is answered (mate-panel 1.27 does), so work that may take its time waits
    until the bus has the answer. To know that, the bus is asked something afterwards: it handles messages in order, so
    by the time it replies it has the answer too.
    """
    bus.post(lambda: bus.call(new_method_call(BUS, "GetId"), lambda _: work()))


def wire_text(text: object) -> str:
    """A text as D-Bus takes it: no NUL, no lone surrogates, of bounded length. The bus would throw us out otherwise."""
    words = str(text)[:_LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        words.encode()
    except UnicodeEncodeError:
        words = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return words


class Refusal(Exception):
    """A method call is answered by an error.

    Args:
        name: The last part of the error's name, after ``org.freedesktop.DBus.Error.``.
        text: What is wrong, for people.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = f"{_DBUS}.Error.{name}"
        self.text = text


Method = tuple[str, str, Callable[..., tuple[Any, ...]]]
"""The signatures of a method's arguments and results, and what is called with the arguments, returns the results, and
may raise :class:`Refusal`."""
Property = tuple[str, Callable[[], Any]]
"""A property's signature, and what gives its value; all are read-only."""


class Interface:
    """An interface that an object has.

    Attributes:
        name: Its name.
        methods: By their names.
        properties: By their names.
        signals: The signature of each, by their names.
    """

    # Named tuples here, and elsewhere in the package, would cost the start a millisecond.
    __slots__ = ("methods", "name", "properties", "signals")

    def __init__(
        self,
        name: str,
        methods: Mapping[str, Method],
        properties: Mapping[str, Property] | None = None,
        signals: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.methods = methods
        self.properties = properties or {}
        self.signals = signals or {}


class ServedObject:
    """An object on the bus.

    Args:
        bus: Where its signals go; the caller has :meth:`answer` called for its path.
        path: Its object path.
        interface: What it is; the standard interfaces come by themselves.
        once: Logs what goes wrong.
    """

    def __init__(self, bus: Bus, path: str, interface: Interface, once: LogOnce) -> None:
        self._bus = bus
        self._path = path
        self._own = interface
        self._once = once
        standard = [
            Interface(
                _PROPERTIES,
                {
                    "Get": ("ss", "v", self._get),
                    "GetAll": ("s", "a{sv}", self._get_all),
                    "Set": ("ssv", "", self._set),
                },
                signals={"PropertiesChanged": "sa{sv}as"},
            ),
            Interface(f"{_DBUS}.Introspectable", {"Introspect": ("", "s", self._introspect)}),
            Interface(f"{_DBUS}.Peer", {"Ping": ("", "", lambda: ())}),
        ]
        self._interfaces = {found.name: found for found in [interface, *standard]}

    def answer(self, message: Message) -> Message:
        """The reply to a method call."""
        fields = message.header.fields
        interface = fields.get(HeaderFields.interface)
        member = fields.get(HeaderFields.member, "")
        try:
            takes, gives, call = self._method(interface, member)
            if (signature := fields.get(HeaderFields.signature, "")) != takes:
                raise Refusal("InvalidArgs", f"{member} takes ({takes}), not ({signature})")
            return new_method_return(message, gives or None, call(*message.body))
        except Refusal as refusal:
            return new_error(message, refusal.name, "s", (refusal.text,))
        except Exception as error:
            self._once.exception(f"{interface}.{member}", "the method call %s could not be served", member)
            return new_error(message, f"{_DBUS}.Error.Failed", "s", (type(error).__name__,))

    def emit(self, member: str, *body: Any) -> None:
        """Send a signal of the object's interface to everybody who listens; who comes later asks anyway."""
        if not self._bus.unique_name:
            return
        address = DBusAddress(self._path, interface=self._own.name)
        self._bus.call(new_signal(address, member, self._own.signals[member] or None, body), None)

    def _method(self, interface: str | None, member: str) -> Method:
        # The specification lets a call leave its interface out.
        candidates = self._interfaces.values() if interface is None else [self._interface(interface)]
        for candidate in candidates:
            if member in candidate.methods:
                return candidate.methods[member]
        raise Refusal("UnknownMethod", f"there is no method {member}")

    def _interface(self, name: str) -> Interface:
        found = self._interfaces.get(name)
        if found is None:
            raise Refusal("UnknownInterface", f"there is no interface {name}")
        return found

    # --- org.freedesktop.DBus.Properties ----------------------------------------------------------------------------

    def _property(self, interface: str, name: str) -> Property:
        for candidate in self._with_properties(interface):
            if name in candidate.properties:
                return candidate.properties[name]
        raise Refusal("UnknownProperty", f"there is no property {name}")

    def _with_properties(self, interface: str) -> Iterator[Interface]:
        # An empty name stands for any.
        yield from self._interfaces.values() if not interface else [self._interface(interface)]

    def _get(self, interface: str, name: str) -> tuple[Any, ...]:
        signature, get = self._property(interface, name)
        return ((signature, get()),)

    def _get_all(self, interface: str) -> tuple[Any, ...]:
        found = [pair for candidate in self._with_properties(interface) for pair in candidate.properties.items()]
        return ({name: (signature, get()) for name, (signature, get) in found},)

    def _set(self, interface: str, name: str, value: Any) -> tuple[Any, ...]:
        self._property(interface, name)
        raise Refusal("PropertyReadOnly", f"the property {name} cannot be set")

    # --- org.freedesktop.DBus.Introspectable ------------------------------------------------------------------------

    def _introspect(self) -> tuple[Any, ...]:
        return (f"{_DOCTYPE}<node>{''.join(map(_interface_xml, self._interfaces.values()))}</node>\n",)


def _interface_xml(interface: Interface) -> str:
    methods = "".join(
        f'<method name="{name}">{_arguments_xml(takes, "in")}{_arguments_xml(gives, "out")}</method>'
        for name, (takes, gives, _) in interface.methods.items()
    )
    properties = "".join(
        f'<property name="{name}" type="{signature}" access="read"/>'
        for name, (signature, _) in interface.properties.items()
    )
    signals = "".join(
        f'<signal name="{name}">{_arguments_xml(signature, "out")}</signal>'
        for name, signature in interface.signals.items()
    )
    return f'<interface name="{interface.name}">{methods}{properties}{signals}</interface>'


def _arguments_xml(signature: str, direction: str) -> str:
    return "".join(f'<arg type="{kind}" direction="{direction}"/>' for kind in complete_types(signature))


def complete_types(signature: str) -> Iterator[str]:
    """The single complete types that a valid signature is made of."""
    start = depth = 0
    for end, letter in enumerate(signature, 1):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            yield signature[start:end]
            start = end
