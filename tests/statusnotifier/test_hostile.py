"""Anybody on the bus may call anything with anything: each call gets an answer, and the icon goes on as before."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jeepney import DBusAddress, HeaderFields, Message, new_signal

from telex_start.desktop.statusnotifier.served import complete_types
from tests.fake_desktop import BusClient, FakePanel, PrivateBus
from tests.statusnotifier.tray import (
    ITEM,
    ITEM_PATH,
    MENU,
    MENU_PATH,
    PROPERTIES,
    WATCHER,
    Menu,
    MenuItem,
    MenuReader,
    Tray,
    error_name,
)

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"


class Target:
    """One icon that takes what all tests here throw at it."""

    def __init__(self, asker: BusClient, tray: Tray, panel: FakePanel) -> None:
        self.asker = asker
        self.tray = tray
        self.panel = panel
        self.item = panel.wait_for_item()

    def ask(self, path: str, interface: str | None, member: str, signature: str = "", *body: Any) -> Message:
        return self.asker.ask(self.item.name, path, interface, member, signature, *body)

    def error(self, path: str, interface: str | None, member: str, signature: str = "", *body: Any) -> str:
        return error_name(self.ask(path, interface, member, signature, *body))

    def lives(self) -> bool:
        """It is what it was and does what it did."""
        reader = MenuReader(self.panel, self.item)
        assert list(reader.ids()) == ["More", "Below", "Exit"]
        assert self.item.property("Title") == "A title"
        while not self.tray.clicks.empty():
            self.tray.clicks.get()
        reader.click("Exit")
        return self.tray.clicked() == "Exit"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    def menu(tray: Tray) -> Any:
        return Menu(
            MenuItem("More", Menu(MenuItem("Below", tray.click("Below")))), MenuItem("Exit", tray.click("Exit"))
        )

    with PrivateBus() as bus, FakePanel(bus) as panel, BusClient(bus) as asker, Tray(bus.address, menu) as tray:
        yield Target(asker, tray, panel)


@pytest.fixture(autouse=True)
def quiet(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What others send is nothing to log."""
    caplog.set_level(logging.INFO)
    yield
    assert target.lives()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "body", "name"),
    [
        (ITEM_PATH, ITEM, "Explode", "", (), "UnknownMethod"),
        (ITEM_PATH, None, "Explode", "", (), "UnknownMethod"),
        (ITEM_PATH, "no.such", "Activate", "ii", (0, 0), "UnknownInterface"),
        (ITEM_PATH, MENU, "GetLayout", "iias", (0, -1, []), "UnknownInterface"),
        (ITEM_PATH, ITEM, "SecondaryActivate", "", (), "InvalidArgs"),
        (ITEM_PATH, ITEM, "SecondaryActivate", "uu", (0, 0), "InvalidArgs"),
        (ITEM_PATH, ITEM, "Scroll", "si", ("vertical", 1), "InvalidArgs"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", (ITEM, "Nothing"), "UnknownProperty"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", ("no.such", "Title"), "UnknownInterface"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", ("", "Nothing"), "UnknownProperty"),
        (ITEM_PATH, PROPERTIES, "Get", "s", (ITEM,), "InvalidArgs"),
        (ITEM_PATH, PROPERTIES, "GetAll", "s", ("no.such",), "UnknownInterface"),
        (ITEM_PATH, PROPERTIES, "Set", "ssv", (ITEM, "Title", ("s", "mine")), "PropertyReadOnly"),
        (ITEM_PATH, PROPERTIES, "Set", "ssv", (ITEM, "Nothing", ("s", "mine")), "UnknownProperty"),
        (MENU_PATH, MENU, "GetLayout", "uias", (0, -1, []), "InvalidArgs"),
        (MENU_PATH, MENU, "Event", "isvi", (0, "clicked", ("i", 0), 0), "InvalidArgs"),
        (MENU_PATH, MENU, "GetLayout", "iias", (2**31 - 1, -1, []), "InvalidArgs"),
        (MENU_PATH, MENU, "GetGroupProperties", "as", (["0"],), "InvalidArgs"),
        (MENU_PATH, INTROSPECTABLE, "Introspect", "s", ("x",), "InvalidArgs"),
        ("/", ITEM, "Activate", "ii", (0, 0), "UnknownMethod"),
        ("/MenuBar/0", MENU, "GetLayout", "iias", (0, -1, []), "UnknownMethod"),
    ],
)
def test_wrong_calls_get_the_errors_of_the_specification(
    target: Target, path: str, interface: str | None, member: str, signature: str, body: tuple[Any, ...], name: str
) -> None:
    assert target.error(path, interface, member, signature, *body) == name


def test_right_calls_that_say_little_are_served(target: Target) -> None:
    assert error_name(target.ask(MENU_PATH, None, "GetLayout", "iias", 0, 0, [])) == ""
    assert target.ask(ITEM_PATH, PROPERTIES, "Get", "ss", "", "Title").body == (("s", "A title"),)
    assert "Title" in target.ask(ITEM_PATH, PROPERTIES, "GetAll", "s", "").body[0]
    assert target.ask(ITEM_PATH, PEER, "Ping").body == ()
    assert target.ask(ITEM_PATH, PROPERTIES, "GetAll", "s", PEER).body == ({},)


def test_long_lists_are_answered(target: Target) -> None:
    many = list(range(-50_000, 50_000))
    assert len(target.ask(MENU_PATH, MENU, "GetGroupProperties", "aias", many, ["label"] * 1000).body[0]) == 4
    assert len(target.ask(MENU_PATH, MENU, "AboutToShowGroup", "ai", many).body[1]) == len(many) - 4
    events = [(ident, "clicked", ("s", ""), 0) for ident in range(10_000, 30_000)]
    error = target.ask(MENU_PATH, MENU, "EventGroup", "a(isvu)", events)
    assert error_name(error) == "InvalidArgs"
    assert len(error.body[0]) < 200


def test_signals_of_others_change_nothing(target: Target) -> None:
    address = DBusAddress("/StatusNotifierWatcher", target.item.name, WATCHER)
    bus = DBusAddress("/org/freedesktop/DBus", target.item.name, "org.freedesktop.DBus")
    for message in (
        new_signal(address, "StatusNotifierHostUnregistered"),
        new_signal(address, "StatusNotifierHostRegistered", "a{sv}", ({"x": ("i", 1)},)),
        new_signal(bus, "NameOwnerChanged", "sss", (WATCHER, "", "")),
        new_signal(bus, "NameOwnerChanged", "sss", (WATCHER, ":1.1", "")),
    ):
        message.header.fields[HeaderFields.destination] = target.item.name
        target.asker.send(message)
    target.ask(ITEM_PATH, PEER, "Ping")
    target.tray.settle()
    assert target.tray.item.host is True


# --- anything at all --------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
simple: dict[str, st.SearchStrategy[Any]] = {
    "y": st.integers(0, 255),
    "b": st.booleans(),
    "n": st.integers(-(2**15), 2**15 - 1),
    "q": st.integers(0, 2**16 - 1),
    "i": st.one_of(st.integers(-3, 12), st.integers(-(2**31), 2**31 - 1)),
    "u": st.integers(0, 2**32 - 1),
    "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1),
    "d": st.floats(allow_nan=False),
    "s": st.one_of(texts, st.sampled_from(["clicked", "opened", "label", "Title", ITEM, MENU, ""])),
    "o": st.sampled_from(["/", "/StatusNotifierItem", "/a/b"]),
    "g": st.sampled_from(["", "s", "a{sv}", "(ii)"]),
}


def typed(signature: str) -> st.SearchStrategy[Any]:
    """Values of a type."""
    if signature in simple:
        return simple[signature]
    if signature == "v":
        return st.sampled_from(["i", "s", "as", "(ii)", "a{sv}"]).flatmap(
            lambda inner: st.tuples(st.just(inner), typed(inner))
        )
    if signature == "ay":
        return st.binary(max_size=20)
    if signature.startswith("a{"):
        return st.dictionaries(typed(signature[2]), typed(signature[3:-1]), max_size=3)
    if signature.startswith("a"):
        return st.lists(typed(signature[1:]), max_size=4)
    return st.tuples(*(typed(inner) for inner in _parts(signature[1:-1])))


def _parts(signature: str) -> list[str]:
    return list(complete_types(signature))


types = st.recursive(
    st.sampled_from([*simple, "v"]),
    lambda inner: st.one_of(
        inner.map(lambda kind: f"a{kind}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda kinds: f"({''.join(kinds)})"),
        st.tuples(st.sampled_from("sibyu"), inner).map(lambda pair: f"a{{{pair[0]}{pair[1]}}}"),
    ),
    max_leaves=4,
)
TAKES = {
    "Activate": "ii",
    "Scroll": "is",
    "ProvideXdgActivationToken": "s",
    "GetLayout": "iias",
    "GetGroupProperties": "aias",
    "GetProperty": "is",
    "Event": "isvu",
    "EventGroup": "a(isvu)",
    "AboutToShow": "i",
    "AboutToShowGroup": "ai",
    "Get": "ss",
    "GetAll": "s",
    "Set": "ssv",
    "Introspect": "",
    "Ping": "",
}
members = st.sampled_from([*TAKES, "ContextMenu", "SecondaryActivate", "Explode"])


@st.composite
def calls(draw: Any) -> tuple[str, str | None, str, str, tuple[Any, ...]]:
    """A valid message to somewhere in the icon: half of them with the arguments that the method takes."""
    path = draw(st.sampled_from([ITEM_PATH, MENU_PATH, "/"]))
    interface = draw(st.sampled_from([ITEM, MENU, PROPERTIES, INTROSPECTABLE, PEER, "a.b", None]))
    member = draw(members)
    fits = member in TAKES and draw(st.booleans())
    signature = TAKES[member] if fits else "".join(draw(st.lists(types, max_size=4)))
    return path, interface, member, signature, tuple(draw(typed(kind)) for kind in _parts(signature))


KNOWN_ERRORS = {
    "",
    "InvalidArgs",
    "PropertyReadOnly",
    "UnknownInterface",
    "UnknownMethod",
    "UnknownProperty",
}


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls())
def test_every_valid_message_gets_a_proper_answer(
    target: Target, call: tuple[str, str | None, str, str, tuple[Any, ...]]
) -> None:
    path, interface, member, signature, body = call
    assert error_name(target.ask(path, interface, member, signature, *body)) in KNOWN_ERRORS
