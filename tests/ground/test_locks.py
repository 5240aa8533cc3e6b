"""The lock files pin each dependency to one version within pyproject.toml's bounds, on every platform."""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "packaging" / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
LOWEST = "lowest.txt"

MACHINES = [
    {"sys_platform": "linux", "platform_machine": "x86_64", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "linux", "platform_machine": "aarch64", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "win32", "platform_machine": "AMD64", "platform_system": "Windows", "os_name": "nt"},
    {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_machine": "x86_64", "platform_system": "Darwin", "os_name": "posix"},
]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
ENVIRONMENTS = [
    {**machine, "python_version": python, "python_full_version": f"{python}.0"}
    for machine, python in product(MACHINES, PYTHONS)
]


def version(pin: Requirement) -> str:
    """The version that the pin names."""
    (only,) = pin.specifier
    assert only.operator == "==", pin
    return only.version


def here(needs: list[Requirement], environment: dict[str, str]) -> list[tuple[str, Requirement]]:
    """The requirements that apply in an environment, each with its name in the index's spelling."""
    wanted = [need for need in needs if need.marker is None or need.marker.evaluate(environment)]
    return [(canonicalize_name(need.name), need) for need in wanted]


def read(lock: Path) -> list[Requirement]:
    """All entries of `lock`."""
    lines = re.findall(r"^[A-Za-z0-9][^\\\n]+", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return [Requirement(line.strip()) for line in lines]


def asked(lock: Path) -> list[Requirement]:
    """The requirements that `lock` is made from."""
    source = lock.with_suffix(".in")
    if source.exists():
        lines = source.read_text(encoding="utf-8").splitlines()
        return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    with (ROOT / "pyproject.toml").open("rb") as file:
        content = tomllib.load(file)
    lines = list(content["project"]["dependencies"])
    extras = content["project"]["optional-dependencies"]
    assert extras["test"][0] == "telex-start[keyring,sandbox]"
    if lock.name not in ("runtime.txt", LOWEST):
        lines += extras["sandbox"] + content["build-system"]["requires"]
    lines += {LOWEST: extras["keyring"], "test.txt": extras["keyring"] + extras["test"][1:]}.get(lock.name, [])
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_dependency_has_one_pin_within_its_bounds_on_every_platform(lock: Path) -> None:
    for environment in ENVIRONMENTS:
        pins = here(read(lock), environment)
        versions = {name: version(pin) for name, pin in pins}
        assert len(versions) == len(pins), "two versions of one package"
        for name, need in here(asked(lock), environment):
            assert name in versions, f"{need} has no pin with {environment}"
            assert need.specifier.contains(versions[name], prereleases=True), f"{need}, not {versions[name]}"


def test_what_two_locks_have_is_of_one_version() -> None:
    """So the tests run with the versions that are released, and with the release's build tools."""
    pins = [pin for lock in LOCKS if lock.name != LOWEST for pin in read(lock)]
    for environment in ENVIRONMENTS:
        found = {(name, version(pin)) for name, pin in here(pins, environment)}
        assert len(found) == len(dict(found)), environment


def test_the_lowest_versions_are_those_that_the_bounds_name() -> None:
    pins = {canonicalize_name(pin.name): version(pin) for pin in read(REQUIREMENTS / LOWEST)}
    for need in asked(REQUIREMENTS / LOWEST):
        (lowest,) = (each.version for each in need.specifier if each.operator == ">=")
        assert Version(pins[canonicalize_name(need.name)]) == Version(lowest), need
