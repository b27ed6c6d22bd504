"""Generate what follows from code or data: interface, settings, member files, messages, SQL, dashboards (`make docs`)."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from eligibility_api.app import build
from eligibility_api.platform.described_settings import meaning, unit, variables
from scripts import (
    dashboards,
    example_docs,
    member_file_docs,
    message_docs,
    problem_docs,
    result_code_docs,
    sql_docs,
    vendor_docs,
)

ROOT = Path(__file__).parent.parent
PACKAGES = ("eligibility_api", "clinic_terminal", "payer_mock", "jpki_mock", "loadtest", "shikaku")
"""The packages whose modules named `settings` are documented, in this order; one that does not exist is skipped."""

INTRODUCTION = """\
# Settings

Every setting is an environment variable. Generated from the settings classes by `make docs`; do not edit.
"""


@cache
def openapi() -> str:
    """The fund's interface as an OpenAPI document, as the fund serves it."""
    return json.dumps(build(_no_state).openapi(), ensure_ascii=False, indent=1) + "\n"


@cache
def _description() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi())
    return document


def problem_page(name: str) -> str:
    """A file of `docs/problems/`."""
    code = Path(name).stem
    return problem_docs.index() if code == "README" else problem_docs.page(code, _description())


def _no_state() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("the application is described, not started")


def settings() -> str:
    """All settings as tables, one for each settings class."""
    tables = [_table(package, model) for package, model in settings_classes()]
    return INTRODUCTION + "".join(tables)


def settings_classes() -> Iterator[tuple[str, type[BaseSettings]]]:
    """Every settings class with its package."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("settings.py")):
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for _, model in inspect.getmembers(module, inspect.isclass):
                if issubclass(model, BaseSettings) and model.__module__ == module.__name__:
                    yield package, model


def _table(package: str, model: type[BaseSettings]) -> str:
    lines = [f"\n## `{package}`\n", "\n| variable | default | unit | meaning |\n|---|---|---|---|\n"]
    for name, field in model.model_fields.items():
        names = variables(model, name, field)
        cells = (
            " or ".join(f"`{variable}`" for variable in names),
            _default(field),
            unit(name),
            meaning(model, names[0], field),
        )
        lines.append("| " + " | ".join(cells) + " |\n")
    return "".join(lines)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"`{value}`" if value not in (None, (), "") else "–"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "openapi.json": openapi,
    "settings.md": settings,
    "member-file.md": partial(member_file_docs.description, "en"),
    "member-file.ja.md": partial(member_file_docs.description, "ja"),
    "member-file-template.csv": member_file_docs.template,
    "member-file-example.csv": member_file_docs.example,
    "messages.md": message_docs.description,
    "result-codes.md": result_code_docs.description,
    "for-vendors.md": partial(vendor_docs.page, "en"),
    "for-vendors.ja.md": partial(vendor_docs.page, "ja"),
    **{name: partial(problem_page, name) for name in problem_docs.page_names()},
}
"""The generated documents in `docs/`, each with its generator."""


def main() -> None:
    """Write all documents."""
    described = ROOT / "eligibility_api" / "web" / "description"
    for folder, files in (
        (described, {"examples.json": example_docs.examples}),
        (ROOT / "docs", DOCUMENTS),
        (ROOT / "deploy" / "grafana", dashboards.FILES),
        (ROOT / "eligibility_api" / "sql", sql_docs.FILES),
    ):
        for name, generate in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
