"""An object on the bus: method calls checked and answered, properties, introspection; and what its users share.

Whatever a peer sends gets an answer, an error at worst, with one of the names of the D-Bus specification. What a
method gives is trusted to fit its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus

from ...process.lazylog import Log
from .bus import Bus

log = Log(__name__)

_LONGEST_TEXT = 10_000
"""Characters; nobody reads more on a panel."""
_DBUS = "org.freedesktop.DBus"
_DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


class LogOnce:
    """Logs each text at its first occasion only: anybody on the bus could cause many more."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def __call__(self, tell: Callable[..., object], text: str, *arguments: object) -> None:
        """Log it by a method of a logger, unless this text was logged already."""
        if text not in self._logged:
            self._logged.add(text)
            tell(text, *arguments)


def after_the_answer(bus: Bus, work: Callable[[], object]) -> None:
    """Do something once the method call that is being served was answered.

    Some panels stand still until their call is answered (mate-panel 1.27 does), so work that may take its time waits
    until the bus has the answer. To know that, the bus is asked something afterwards: it handles messages in order, so
    by the time it replies it has the answer too.
    """
    bus.post(lambda: bus.call(message_bus.GetId(), lambda _: work()))


def wire_text(text: object) -> str:
    """A text as D-Bus takes it: no NUL, no lone surrogates, of bounded length. The bus would throw us out otherwise."""
    words = str(text)[:_LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        words.encode()
    except UnicodeEncodeError:
        words = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return words


class Refusal(Exception):
    """A method call is answered by an error: the last part of its name, and what is wrong, for people."""


Method = tuple[str, str, Callable[..., tuple[Any, ...]]]
"""The signatures of a method's arguments and results, and what is called with the arguments, returns the results, and
may raise :class:`Refusal`."""
Property = tuple[str, Callable[[], Any]]
"""A property's signature, and what gives its value; all are read-only."""


class ServedObject:
    """An object on the bus with an interface of its own and the standard ones.

    Args:
        bus: Where its signals go; the caller has :meth:`answer` called for its path.
        path: Its object path.
        name: Of its own interface; the others belong to that.
        methods: By their names.
        properties: By their names.
        signals: The signature of each, by their names.
        once: Logs what goes wrong.
    """

    def __init__(
        self,
        bus: Bus,
        path: str,
        name: str,
        methods: Mapping[str, Method],
        properties: Mapping[str, Property],
        signals: Mapping[str, str],
        once: LogOnce,
    ) -> None:
        self._bus = bus
        self._address = DBusAddress(path, interface=name)
        self._name = name
        self._properties = properties
        self._signals = signals
        self._once = once
        self._methods: dict[str, Mapping[str, Method]] = {
            name: methods,
            f"{_DBUS}.Properties": {"Get": ("ss", "v", self._get), "GetAll": ("s", "a{sv}", self._get_all)},
            f"{_DBUS}.Introspectable": {"Introspect": ("", "s", self._introspect)},
            f"{_DBUS}.Peer": {"Ping": ("", "", lambda: ())},
        }

    def answer(self, message: Message) -> Message:
        """The reply to a method call."""
        fields = message.header.fields
        member = fields.get(HeaderFields.member, "")
        try:
            takes, gives, call = self._method(fields.get(HeaderFields.interface), member)
            if (signature := fields.get(HeaderFields.signature, "")) != takes:
                raise Refusal("InvalidArgs", f"{member} takes ({takes}), not ({signature})")
            return new_method_return(message, gives or None, call(*message.body))
        except Refusal as refusal:
            name, text = refusal.args
        except Exception as error:
            self._once(log.exception, f"the method call {member} could not be served")
            name, text = "Failed", type(error).__name__
        return new_error(message, f"{_DBUS}.Error.{name}", "s", (text,))

    def emit(self, member: str, *body: Any) -> None:
        """Send a signal of the object's interface to everybody who listens; who comes later asks anyway."""
        if self._bus.unique_name:
            self._bus.call(new_signal(self._address, member, self._signals[member] or None, body), None)

    def _method(self, interface: str | None, member: str) -> Method:
        # The specification lets a call leave its interface out.
        for methods in self._methods.values() if interface is None else [self._methods_of(interface)]:
            if member in methods:
                return methods[member]
        raise Refusal("UnknownMethod", f"there is no method {member}")

    def _methods_of(self, interface: str) -> Mapping[str, Method]:
        if interface not in self._methods:
            raise Refusal("UnknownInterface", f"there is no interface {interface}")
        return self._methods[interface]

    def _properties_of(self, interface: str) -> Mapping[str, Property]:
        if interface in ("", self._name):  # an empty name stands for any
            return self._properties
        self._methods_of(interface)
        return {}

    def _get(self, interface: str, name: str) -> tuple[Any, ...]:
        found = self._properties_of(interface).get(name)
        if found is None:
            raise Refusal("UnknownProperty", f"there is no property {name}")
        signature, get = found
        return ((signature, get()),)

    def _get_all(self, interface: str) -> tuple[Any, ...]:
        return ({name: (signature, get()) for name, (signature, get) in self._properties_of(interface).items()},)

    def _introspect(self) -> tuple[Any, ...]:
        own = [
            f'<property name="{name}" type="{signature}" access="read"/>'
            for name, (signature, _) in self._properties.items()
        ] + [
            f'<signal name="{name}">{_arguments_xml(signature, "out")}</signal>'
            for name, signature in self._signals.items()
        ]
        interfaces = [
            f'<interface name="{name}">{_methods_xml(methods)}{"".join(own) if name == self._name else ""}</interface>'
            for name, methods in self._methods.items()
        ]
        return (f"{_DOCTYPE}<node>{''.join(interfaces)}</node>\n",)


def _methods_xml(methods: Mapping[str, Method]) -> str:
    return "".join(
        f'<method name="{name}">{_arguments_xml(takes, "in")}{_arguments_xml(gives, "out")}</method>'
        for name, (takes, gives, _) in methods.items()
    )


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
