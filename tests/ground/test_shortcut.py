"""Reading Windows shortcuts (.lnk): the specification's example, and shortcuts made here by the specification."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from telex_start.desktop.main_app.shortcut import targets

EXAMPLE = bytes.fromhex(
    "4c0000000114020000000000c0000000000000469b00080020000000d0e9eef21515c901d0e9eef21515c901d0e9eef2"
    "1515c901000000000000000001000000000000000000000000000000bd0014001f50e04fd020ea3a6910a2d808002b30"
    "309d19002f433a5c0000000000000000000000000000000000000046003100000000002c3969a3100074657374000032"
    "0007000400efbe2c3965a32c3969a326000000031e00000000f51e000000000000000000007400650073007400000014"
    "0048003200000000002c3969a32000612e74787400340007000400efbe2c3969a32c3969a3260000002d6e0000000096"
    "010000000000000000000061002e007400780074000000140000003c0000001c000000010000001c0000002d00000000"
    "0000003b0000001100000003000000818a7a301000000000433a5c746573745c612e747874000007002e005c0061002e"
    "00740078007400070043003a005c00740065007300740060000000030000a0580000000000000063687269732d787073"
    "000000000000004078c79447fac746b3565c2dc6b6d115ec46cd7b227fdd11949900137216874a4078c79447fac746b3"
    "565c2dc6b6d115ec46cd7b227fdd11949900137216874a00000000"
)
"""[MS-SHLLINK] 3.1, a shortcut to ``C:\\test\\a.txt``."""

MENU = r"C:\Users\ada\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Telex.lnk"
FLAGS = {"items": 0x1, "info": 0x2, "name": 0x4, "relative": 0x8, "folder": 0x10, "arguments": 0x20, "unicode": 0x80}


def made(
    *,
    info: bytes = b"",
    name: str = "",
    relative: str = "",
    arguments: str = "",
    blocks: bytes = b"",
    items: bytes = b"",
    wide: bool = True,
) -> bytes:
    """A shortcut with these parts."""
    flags = FLAGS["unicode"] if wide else 0
    tail = b""
    if items:
        flags |= FLAGS["items"]
        tail += struct.pack("<H", len(items)) + items
    if info:
        flags |= FLAGS["info"]
        tail += info
    for which, text in (("name", name), ("relative", relative), ("arguments", arguments)):
        if text:
            flags |= FLAGS[which]
            tail += struct.pack("<H", len(text)) + text.encode("utf-16-le" if wide else "cp1252")
    return EXAMPLE[:20] + struct.pack("<I", flags) + bytes(0x4C - 24) + tail + blocks + bytes(4)


def info(base: str = "", suffix: str = "", *, network: str = "", wide: bool = False) -> bytes:
    """A LinkInfo (section 2.3 of the specification)."""
    header = 0x24 if wide else 0x1C
    local = base.encode("cp1252", "replace") + b"\0"
    share = (
        struct.pack("<5I", 20 + len(network) + 1, 0, 20, 0, 0) + network.encode("cp1252") + b"\0" if network else b""
    )
    end = suffix.encode("cp1252", "replace") + b"\0"
    at_local = header
    at_share = at_local + len(local)
    at_end = at_share + len(share)
    fields = [header, 0x2 if network else 0x1, 0, 0 if network else at_local, at_share if network else 0, at_end]
    body = local + share + end
    if wide:
        fields += [at_end + len(end), at_end + len(end) + 2 * len(base) + 2]
        body += f"{base}\0{suffix}\0".encode("utf-16-le")
    packed = struct.pack(f"<{len(fields)}I", *fields) + body
    return struct.pack("<I", len(packed) + 4) + packed


def environment_block(text: str) -> bytes:
    """An EnvironmentVariableDataBlock (section 2.5.4 of the specification)."""
    narrow = text.encode("cp1252", "replace")[:259].ljust(260, b"\0")
    return struct.pack("<II", 0x314, 0xA0000001) + narrow + text.encode("utf-16-le").ljust(520, b"\0")


def found(data: bytes, **environ: str) -> list[str]:
    return targets(data, MENU, environ, "cp1252")


def test_the_example_of_the_specification() -> None:
    assert targets(EXAMPLE, r"C:\test\link.lnk", {}, "cp1252") == [r"C:\test\a.txt"]


@pytest.mark.parametrize(
    ("one", "target"),
    [
        (
            made(
                info=info("C:\\Program Files\\", "Telex\\telex.exe"), name="Telex", arguments="--quiet", items=b"xx\0\0"
            ),
            r"C:\Program Files\Telex\telex.exe",
        ),
        # A path in Unicode goes before the one in the code page.
        (made(info=info("C:\\Users\\Άννα\\", "telex.exe", wide=True)), "C:\\Users\\Άννα\\telex.exe"),
        (made(info=info("C:\\Büro\\telex.exe"), wide=False), "C:\\Büro\\telex.exe"),
        (made(info=info("", "telex.exe", network=r"\\server\programs")), r"\\server\programs\telex.exe"),
        # A relative path begins where the shortcut lies.
        (made(relative=r"..\..\..\..\..\Local\Telex\telex.exe"), r"C:\Users\ada\AppData\Local\Telex\telex.exe"),
        (made(relative=r"..\..\..\..\..\Local\Büro.exe", wide=False), r"C:\Users\ada\AppData\Local\Büro.exe"),
    ],
)
def test_the_program_that_it_opens(one: bytes, target: str) -> None:
    assert found(one) == [target]


def test_a_path_with_variables_comes_first() -> None:
    block = struct.pack("<II", 12, 0xA0000003) + bytes(4) + environment_block(r"%LocalAppData%\Telex\telex.exe")
    one = made(info=info("D:\\old\\telex.exe"), blocks=block)
    assert found(one, LOCALAPPDATA=r"C:\Users\ada\AppData\Local") == [
        r"C:\Users\ada\AppData\Local\Telex\telex.exe",
        r"D:\old\telex.exe",
    ]
    assert found(made(blocks=environment_block(r"%Nowhere%\telex.exe"))) == []
    assert found(made(blocks=environment_block(r"\Telex\telex.exe"))) == [], "on no drive"
    assert found(made(blocks=environment_block(r"C:\100%\telex.exe"))) == [r"C:\100%\telex.exe"]


def test_what_is_no_shortcut_or_opens_no_file_has_no_target() -> None:
    assert found(b"") == []
    assert found(b"[InternetShortcut]\r\nURL=https://telex.im\r\n" * 10) == []
    assert found(made(items=b"only the shell knows\0\0")) == []


@given(some.integers(0, len(EXAMPLE)), some.binary(max_size=40))
def test_a_damaged_one_is_no_error(cut: int, noise: bytes) -> None:
    """The shortcut is damaged at a random place: noise in place of the rest, or of as many bytes."""
    for whole in (EXAMPLE, made(info=info("C:\\a", "b", wide=True), blocks=environment_block("%A%"))):
        for damaged in (whole[:cut] + noise, whole[:cut] + noise + whole[cut + len(noise) :]):
            assert all(target[1:3] == ":\\" or target[:2] == "\\\\" for target in found(damaged, A="C:\\"))
