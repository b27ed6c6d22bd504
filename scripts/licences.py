"""Writes `docs/licences.md`: the licence of every locked package.

Those of `locks/` are read from the metadata of the installed packages. Those of the tests of generated clients are
installed by these tests alone, elsewhere: their licences are in `licences.toml`, and in npm's lock itself.

`--check` writes nothing. Exit code 1: a licence is unknown or not in the allow-list (`licences.toml`), a version
is not the locked one, or the page is out of date.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "locks"
CLIENTS = ROOT / "tests" / "clients"
PAGE = ROOT / "docs" / "licences.md"
DATA = Path(__file__).with_suffix(".toml")

_LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)

_HEAD = """# Licences

Shikaku is licensed under the [Apache License 2.0](../LICENSE), © The Shikaku authors. It contains none of the packages
below: `make` installs the locked versions. This page is written by `make licences`; `make lint` fails if it is out of date
or if a licence is not in the allow-list, `scripts/licences.toml`.

| package | version | licence | needed by |
|---|---|---|---|
"""

Metadata = tuple[str, str | None, str | None, list[str]]
"""Version, licence expression, licence text and classifiers of an installed package."""


class LicenceError(Exception):
    """A licence is unknown or not allowed, or a package is not the locked one."""


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package.

    `stated`: its licence, where it is not read from the metadata of the installed package.
    """

    name: str
    version: str
    needed_by: str
    stated: str | None = None


def locked(folder: Path) -> list[Package]:
    """All packages of the locks, by name; needed by the demo, or by the tests alone."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}
    demo = {
        name for lock, text in texts.items() if lock.startswith("demo") for name, _ in _LOCKED.findall(text)
    }
    versions = {name: version for text in texts.values() for name, version in _LOCKED.findall(text)}
    return [
        Package(name, version, "demo, tests" if name in demo else "tests")
        for name, version in sorted(versions.items())
    ]


def of_clients(folder: Path, others: list[Package], data: Mapping[str, Any]) -> list[Package]:
    """The further packages of the tests of generated clients, by name. Raises LicenceError."""
    known = {(package.name, package.version) for package in others}
    stated = data["of_clients"]
    python = dict(_LOCKED.findall((folder / "requirements.txt").read_text(encoding="utf-8"))).items() - known
    if missing := sorted({name for name, _ in python} - set(stated)):
        raise LicenceError(f"{', '.join(missing)}: no licence in licences.toml, [of_clients]")
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    npm = {
        (path.rpartition("node_modules/")[2], one["version"], one["license"])
        for path, one in lock.items()
        if path
    }
    return [
        *(Package(name, version, "tests of clients", stated[name]) for name, version in sorted(python)),
        *(
            Package(name, version, "tests of clients (npm)", licence)
            for name, version, licence in sorted(npm)
        ),
    ]


def installed(name: str) -> Metadata | None:
    """The metadata of an installed package, None if it is not installed."""
    try:
        data = metadata(name)
    except PackageNotFoundError:
        return None
    fields: Mapping[str, Any] = data.json
    return (
        str(fields["version"]),
        fields.get("license_expression"),
        fields.get("license"),
        [str(one) for one in fields.get("classifier", []) if str(one).startswith("License ::")],
    )


def licence(package: Package, found: Metadata | None, data: Mapping[str, Any]) -> str:
    """The SPDX expression of a package's licence. Raises LicenceError."""
    if found is None:
        if package.name in data["not_everywhere"]:
            return str(data["not_everywhere"][package.name])
        raise LicenceError(f"{package.name} is not installed: run `scripts/setup test`")
    version, expression, text, classifiers = found
    if version != package.version:
        raise LicenceError(
            f"{package.name} {version} is installed, {package.version} is locked: `scripts/setup test`"
        )
    if expression is None:
        expression = _from_texts(package, text, classifiers, data)
    if data["not_everywhere"].get(package.name, expression) != expression:
        raise LicenceError(f"{package.name}: {expression}, but licences.toml has another licence")
    return expression


def _from_texts(package: Package, text: str | None, classifiers: list[str], data: Mapping[str, Any]) -> str:
    if package.name in data["from_licence_file"]:
        return str(data["from_licence_file"][package.name])
    for stated in (text, *classifiers):
        if stated in data["allowed"]:
            return str(stated)
        if stated in data["aliases"]:
            return str(data["aliases"][stated])
    raise LicenceError(f"{package.name}: unknown licence {text or classifiers or '(none stated)'}")


def is_allowed(expression: str, allowed: list[str]) -> bool:
    """Whether an SPDX expression of AND and OR can be met with the allowed licences.

    OR binds weaker than AND. An expression with parentheses has to be in the allow-list as a whole.
    """
    return expression in allowed or (
        "(" not in expression
        and any(all(term in allowed for term in choice.split(" AND ")) for choice in expression.split(" OR "))
    )


def page(
    packages: list[Package], data: Mapping[str, Any], find: Callable[[str], Metadata | None] = installed
) -> str:
    """The page. Raises LicenceError."""
    return _HEAD + "".join(f"{row}\n" for row in _rows(packages, data, find))


def _rows(
    packages: list[Package], data: Mapping[str, Any], find: Callable[[str], Metadata | None]
) -> Iterator[str]:
    for package in packages:
        expression = package.stated or licence(package, find(package.name), data)
        if not is_allowed(expression, data["allowed"]):
            raise LicenceError(f"{package.name}: {expression} is not in the allow-list")
        includes = data["includes"].get(package.name)
        text = f"{expression}; includes {includes}" if includes else expression
        yield f"| {package.name} | {package.version} | {text} | {package.needed_by} |"


def main() -> int:
    """Write or check the page; returns the exit code."""
    options = argparse.ArgumentParser(description="Write docs/licences.md from the installed packages.")
    options.add_argument(
        "--check", action="store_true", help="write nothing, fail if the page is out of date"
    )
    chosen = options.parse_args()
    try:
        data = tomllib.loads(DATA.read_text(encoding="utf-8"))
        packages = locked(LOCKS)
        text = page(packages + of_clients(CLIENTS, packages, data), data)
    except LicenceError as error:
        print(error, file=sys.stderr)
        return 1
    if not chosen.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        print("docs/licences.md is out of date: run `make licences`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
