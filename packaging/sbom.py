"""The software bill of materials: ``dist/telex-start-VERSION.cdx.json``, in CycloneDX's format.

cyclonedx-py describes the packages of an environment that is made from ``runtime.txt`` for this: licences, purposes and
addresses. What needs what is taken from the lock itself, which knows of all platforms, and so are the packages of the
others. The same commit gives the same bytes. Run by `make release`, with the Python of ``.venv-release``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
import venv
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import Pin, pins
from packaging.utils import canonicalize_name
from this_release import DIST, ROOT, commit_time, materials, version

SPECIFICATION = SchemaVersion.V1_6
LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
Document = dict[str, Any]


def main() -> None:
    """Write it, checked against the format's schema."""
    document = described_environment()
    complete(document, pins(LOCK))
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if error := JsonStrictValidator(SPECIFICATION).validate_str(text):
        raise SystemExit(f"sbom: not as CycloneDX {SPECIFICATION.to_version()} wants it: {error}")
    DIST.mkdir(exist_ok=True)
    target = materials()
    target.write_text(text, encoding="utf-8")
    print(f"{target.relative_to(ROOT)}  {len(document['components'])} packages")


def described_environment() -> Document:
    """What cyclonedx-py says of an environment that holds the locked packages and nothing else."""
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        environment = Path(folder) / "environment"
        # pip is not in it: it would be described too.
        venv.create(environment, with_pip=False, symlinks=True)
        python = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "--only-binary=:all:", "--no-deps", "-r", str(LOCK)])
        described = Path(folder) / "described.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--short-PURLs"]
        command += ["--sv", SPECIFICATION.to_version(), "--pyproject", str(ROOT / "pyproject.toml")]
        run([*command, "--output-file", str(described), python])
        document: Document = json.loads(described.read_text(encoding="utf-8"))
    return document


def run(command: list[str]) -> None:
    """Run a tool; ends the program where it fails."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": commit_time()}
    done = subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"sbom: {' '.join(command[1:4])} failed:\n{done.stderr}")


def complete(document: Document, locked: list[Pin]) -> None:
    """Put in what the environment cannot tell: our version, other platforms' packages, and what needs what."""
    ourselves = document["metadata"]["component"]
    ourselves |= {"version": version(), "purl": f"pkg:pypi/telex-start@{version()}"}
    described: Document = {canonicalize_name(component["name"]): component for component in document["components"]}
    document["components"] = [described.get(pin.name, bare(pin)) for pin in locked]
    for component, pin in zip(document["components"], locked, strict=True):
        if component["version"] != pin.version:
            raise SystemExit(f"sbom: {pin.name} is {component['version']} and not as locked, {pin.version}")
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
    # Of what it says, and so the same for the same.
    said = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, said)}"


def reference(pin: Pin) -> str:
    """As cyclonedx-py names it within the document."""
    return f"{pin.name}=={pin.version}"


def bare(pin: Pin) -> Document:
    """A package that is not installed on this platform."""
    component = {"bom-ref": reference(pin), "name": pin.name, "version": pin.version, "type": "library"}
    return component | {"purl": f"pkg:pypi/{pin.name}@{pin.version}"}


if __name__ == "__main__":
    main()
