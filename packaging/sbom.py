"""Writes the software bill of materials: ``dist/telex-start-VERSION.cdx.json``, in CycloneDX's format.

cyclonedx-py describes the packages of an environment that is made from ``runtime.txt`` for this: licences, purposes and
addresses; of other platforms' packages, the metadata is put there. What needs what is taken from the lock, which knows
of all platforms. The same commit gives the same bytes. Run by `make release`, with the Python of ``.venv-release``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import uuid
import venv
import zipfile
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import Pin, pins
from packaging.utils import canonicalize_name
from this_release import DIST, ROOT, commit_time, materials, version

SPECIFICATION = SchemaVersion.V1_6
LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
AS_LOCKED = ("--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps")
ELSEWHERE = {"win32": "win_amd64", "darwin": "macosx_11_0_arm64"}
"""The platforms whose packages may differ, in the words of markers and of wheels; which machine it is makes none."""
Document = dict[str, Any]


def main() -> None:
    """Write the document, checked against the format's schema."""
    locked = pins(LOCK)
    document = described_environment(locked)
    complete(document, locked)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if error := JsonStrictValidator(SPECIFICATION).validate_str(text):
        raise SystemExit(f"sbom: not as CycloneDX {SPECIFICATION.to_version()} wants it: {error}")
    DIST.mkdir(exist_ok=True)
    target = materials()
    target.write_text(text, encoding="utf-8")
    print(f"{target.relative_to(ROOT)}  {len(document['components'])} packages")


def described_environment(locked: list[Pin]) -> Document:
    """What cyclonedx-py says of an environment that holds the locked packages and nothing else."""
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        environment = Path(folder) / "environment"
        # pip is not in it: it would be described too.
        venv.create(environment, with_pip=False, symlinks=True)
        python = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        run([*PIP, "--python", python, "install", *AS_LOCKED, "-r", str(LOCK)])
        places = {"base": str(environment), "platbase": str(environment)}
        add_from_elsewhere(locked, Path(sysconfig.get_path("purelib", "venv", places)))
        described = Path(folder) / "described.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--short-PURLs"]
        command += ["--sv", SPECIFICATION.to_version(), "--pyproject", str(ROOT / "pyproject.toml")]
        run([*command, "--output-file", str(described), python])
        document: Document = json.loads(described.read_text(encoding="utf-8"))
    return document


def add_from_elsewhere(locked: list[Pin], site: Path) -> None:
    """Put the metadata of packages that are not for this platform beside that of the others."""
    for platform, tag in ELSEWHERE.items():
        if platform == sys.platform:
            continue
        with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
            lock = Path(folder) / "lock.txt"
            lock.write_text("".join(unmarked(pin) for pin in locked if only_on(pin, platform)), encoding="utf-8")
            run([*PIP, "download", *AS_LOCKED, "--platform", tag, "-d", folder, "-r", str(lock)])
            for wheel in Path(folder).glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(site, [name for name in archive.namelist() if ".dist-info/" in name])


def only_on(pin: Pin, platform: str) -> bool:
    """Whether the package is for that platform and not for this one."""
    marker = pin.requirement.marker
    return marker is not None and marker.evaluate({"sys_platform": platform}) and not marker.evaluate()


def unmarked(pin: Pin) -> str:
    """The package's entry without the marker, because of which pip would pass it over."""
    return f"{reference(pin)} \\{pin.text.partition(chr(92))[2]}"


def run(command: list[str]) -> None:
    """Run a tool; ends the program if it fails."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": commit_time()}
    done = subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"sbom: {' '.join(command[1:4])} failed:\n{done.stderr}")


def complete(document: Document, locked: list[Pin]) -> None:
    """Put in what the environment cannot tell: our version, what needs what, and on which platforms."""
    ourselves = document["metadata"]["component"]
    ourselves |= {"version": version(), "purl": f"pkg:pypi/telex-start@{version()}"}
    described: Document = {canonicalize_name(component["name"]): component for component in document["components"]}
    if missing := [pin.name for pin in locked if pin.name not in described]:
        raise SystemExit(f"sbom: nothing is known of {', '.join(missing)}")
    document["components"] = [described[pin.name] for pin in locked]
    for component, pin in zip(document["components"], locked, strict=True):
        if component["version"] != pin.version:
            raise SystemExit(f"sbom: {pin.name} is {component['version']} and not as locked, {pin.version}")
        # Spelt as in the lock, as the references below are.
        component |= {"name": pin.name, "bom-ref": reference(pin)}
        if pin.requirement.marker is not None:
            component["properties"] = [{"name": "telex-start:only-where", "value": str(pin.requirement.marker)}]
    references = {pin.name: reference(pin) for pin in locked}
    needs: dict[str, list[str]] = {ourselves["bom-ref"]: [], **{ref: [] for ref in references.values()}}
    for pin in locked:
        for wanting in pin.wanted_by:
            needs[references.get(wanting, ourselves["bom-ref"])].append(references[pin.name])
    document["dependencies"] = [
        {"ref": ref, "dependsOn": sorted(needed)} if needed else {"ref": ref} for ref, needed in sorted(needs.items())
    ]
    # Made from the content, so that the same content has the same number.
    said = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, said)}"


def reference(pin: Pin) -> str:
    """The package's name for references within the document."""
    return f"{pin.name}=={pin.version}"


if __name__ == "__main__":
    main()
