"""Writes docs/problems/: a page for each code of the catalogues, and their index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinic_terminal.errors import CATALOGUE as TERMINAL_CATALOGUE
from clinic_terminal.errors import SHOWN_CATALOGUE
from eligibility_api.contract.errors import PROBLEM_TYPE_PREFIX, CatalogueEntry, ErrorKind
from eligibility_api.web.problem_pages import KINDS

_NOTE = "Generated from the catalogues by `make docs`; do not edit."

_HEAD = f"""# Problems / エラーの一覧

Every error has a code, a sentence for the reception in Japanese and English, and one for the engineer. An error answer of
the fund is a problem document (RFC 9457): its `code` is stable, and its `type` is `{PROBLEM_TYPE_PREFIX}` and the code, relative to
the fund's address, where the page is served too. {_NOTE}

どのエラーにもコードがあり、受付向けの文（日本語・英語）と、開発者向けの文があります。支払基金のエラーは RFC 9457 の形式で、
`code` は変わりません。`type` は支払基金のアドレスからの相対パス（`{PROBLEM_TYPE_PREFIX}` とコード）で、そこでも同じ説明を表示します。
"""


def page_names() -> list[str]:
    """The file names in `docs/`."""
    return ["problems/README.md", *(f"problems/{code}.md" for code in SHOWN_CATALOGUE)]


def index() -> str:
    """The index: a table for each kind."""
    return _HEAD + "".join(_table(kind) for kind in ErrorKind)


def _table(kind: ErrorKind) -> str:
    ja, en = KINDS[kind]
    rows = [
        f"| [`{entry.code}`]({entry.code}.md) | {entry.status or '–'} | {entry.ja} |\n"
        for entry in SHOWN_CATALOGUE.values()
        if entry.kind is kind
    ]
    return f"\n## {kind}\n\n{ja}\n{en}\n\n| code | HTTP | 受付への表示 |\n|---|---|---|\n" + "".join(rows)


def page(code: str, document: dict[str, Any]) -> str:
    """The page of one code; `document` is the fund's OpenAPI document."""
    entry = SHOWN_CATALOGUE[code]
    ja, en = KINDS[entry.kind]
    return f"""# `{code}`

- {entry.ja}
- {entry.en}

For the engineer / 開発者向け: {entry.engineer}

| | |
|---|---|
| kind / 種類 | `{entry.kind}`: {en} / {ja} |
| HTTP | {entry.status or "–"} |
| `type` | {_type(entry)} |
| answered by / 回答する API | {", ".join(operations(code, document)) or "–"} |

[All problems / 一覧](README.md). {_NOTE}
"""


def _type(entry: CatalogueEntry) -> str:
    if entry.code in TERMINAL_CATALOGUE:
        return "– (of the terminal itself / 端末のエラー)"
    return f"`{PROBLEM_TYPE_PREFIX}{entry.code}`"


def operations(code: str, document: dict[str, Any]) -> Iterable[str]:
    """The operations whose description has an example of this code; those that any request may be answered first."""
    [shared] = document["components"]["responses"]["AnyProblem"]["content"].values()
    if code in shared["examples"]:
        yield "any / すべて"
        return
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            contents = (
                content
                for response in operation["responses"].values()
                for content in response.get("content", {}).values()
            )
            if any(code in content.get("examples", {}) for content in contents):
                yield f"`{method.upper()} {path}`"
