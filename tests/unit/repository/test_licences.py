"""The licence check: unknown and disallowed licences fail, and the page follows the locks."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.licences import (
    CLIENTS,
    DATA,
    LOCKS,
    LicenceError,
    Metadata,
    Package,
    is_allowed,
    licence,
    locked,
    of_clients,
    page,
)

PACKAGE = Package("sample", "1.0", "demo, tests")
RULES: dict[str, Any] = {
    "allowed": ["MIT", "Apache-2.0"],
    "aliases": {"MIT License": "MIT", "License :: OSI Approved :: MIT License": "MIT"},
    "from_licence_file": {},
    "not_everywhere": {},
    "of_clients": {},
    "includes": {},
}
ROOT = Path(__file__).parents[3]


def found(
    version: str = "1.0", expression: str | None = None, text: str | None = None, *classifiers: str
) -> Metadata:
    return version, expression, text, list(classifiers)


@pytest.mark.parametrize(
    "metadata",
    [
        found(expression="MIT"),
        found(text="MIT"),
        found("1.0", None, "MIT License"),
        found("1.0", None, "see the file", "License :: OSI Approved :: MIT License"),
    ],
)
def test_the_licence_is_read_from_expression_text_or_classifier(metadata: Metadata) -> None:
    assert licence(PACKAGE, metadata, RULES) == "MIT"


@pytest.mark.parametrize(
    "metadata", [found(), found(text="BSD"), found("1.0", None, None, "License :: Other")]
)
def test_an_unknown_licence_is_an_error(metadata: Metadata) -> None:
    with pytest.raises(LicenceError, match="sample: unknown licence"):
        licence(PACKAGE, metadata, RULES)


def test_a_licence_outside_the_allow_list_is_an_error() -> None:
    with pytest.raises(LicenceError, match=r"AGPL-3\.0-only is not in the allow-list"):
        page([PACKAGE], RULES, lambda _: found(expression="AGPL-3.0-only"))


def test_another_version_than_the_locked_one_is_an_error() -> None:
    with pytest.raises(LicenceError, match=r"sample 2.0 is installed, 1.0 is locked"):
        licence(PACKAGE, found("2.0", "MIT"), RULES)


def test_a_missing_package_needs_an_entry_in_the_data() -> None:
    with pytest.raises(LicenceError, match="sample is not installed"):
        licence(PACKAGE, None, RULES)
    assert licence(PACKAGE, None, RULES | {"not_everywhere": {"sample": "MIT"}}) == "MIT"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT AND Apache-2.0", True),
        ("(GPL-3.0-only OR MIT) AND GPL-3.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
    ],
)
def test_expressions(expression: str, allowed: bool) -> None:
    assert is_allowed(expression, RULES["allowed"]) is allowed


def test_the_page_marks_what_the_demo_needs() -> None:
    packages = [PACKAGE, Package("tool", "2.0", "tests")]
    versions = {package.name: package.version for package in packages}
    text = page(packages, RULES, lambda name: found(versions[name], "MIT"))
    assert text.endswith("| sample | 1.0 | MIT | demo, tests |\n| tool | 2.0 | MIT | tests |\n")


def test_all_locks_are_read() -> None:
    packages = {package.name: package for package in locked(LOCKS)}
    assert packages["fastapi"].needed_by == "demo, tests"
    assert packages["pyscard"].needed_by == "demo, tests"
    assert packages["mypy"].needed_by == "tests"


def test_the_locks_of_the_generated_clients_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("sample==1.0 \\\n    --hash=sha256:00\nclient==3.0 \\\n")
    lock = {"": {"name": "clients"}, "node_modules/a/node_modules/@b/c": {"version": "4.0", "license": "MIT"}}
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": lock}))
    with pytest.raises(LicenceError, match=r"client: no licence in licences\.toml"):
        of_clients(tmp_path, [PACKAGE], RULES)
    packages = of_clients(tmp_path, [PACKAGE], RULES | {"of_clients": {"client": "Apache-2.0"}})
    assert packages == [
        Package("client", "3.0", "tests of clients", "Apache-2.0"),
        Package("@b/c", "4.0", "tests of clients (npm)", "MIT"),
    ]
    with pytest.raises(LicenceError, match=r"client: Apache-2\.0 is not in the allow-list"):
        page(packages, RULES | {"allowed": ["MIT"]})


def test_the_page_has_the_packages_of_every_lock() -> None:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    packages = locked(LOCKS)
    further = of_clients(CLIENTS, packages, tomllib.loads(DATA.read_text(encoding="utf-8")))
    assert further
    assert [one.name for one in packages + further if f"| {one.name} | {one.version} |" not in text] == []


def test_every_licence_of_the_data_is_in_its_allow_list() -> None:
    data = tomllib.loads(Path(DATA).read_text(encoding="utf-8"))
    stated = [
        *data["aliases"].values(),
        *data["from_licence_file"].values(),
        *data["not_everywhere"].values(),
        *data["of_clients"].values(),
    ]
    assert stated
    assert [one for one in stated if not is_allowed(one, data["allowed"])] == []
