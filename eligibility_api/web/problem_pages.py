"""The pages that the `type` of a problem leads to (RFC 9457 section 3.1.1): one for each code of the catalogue.

Public, without anything but the catalogue's texts. `docs/problems/` has the same, written by `make docs`.
"""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Response

from eligibility_api.contract.errors import (
    CATALOGUE,
    PROBLEM_TYPE_PREFIX,
    CatalogueEntry,
    ErrorKind,
    ShikakuError,
)

KINDS: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.REQUEST: (
        "送信内容が、公開している形式と合いません。",
        "The request does not match the published form.",
    ),
    ErrorKind.REFUSAL: (
        "証明、権限、トークンのいずれかが受け付けられませんでした。",
        "A proof, a right or a token was not accepted.",
    ),
    ErrorKind.REGISTRATION: (
        "カードは正しく読み取れましたが、健康保険証としての利用登録がありません。",
        "The card is in order, but not yet registered for insurance use.",
    ),
    ErrorKind.CARD: (
        "カードとカードリーダーの間の問題です。支払基金には何も届いていません。",
        "A problem between reader and card; nothing reached the fund.",
    ),
    ErrorKind.TECHNICAL: (
        "判断できませんでした。資格が無効という意味ではありません。",
        'No decision was possible. This does not mean "not insured".',
    ),
}
"""What an error of each kind means, in Japanese and English."""

_MAX_CODE_LENGTH = 60

_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter()


@router.get(f"{PROBLEM_TYPE_PREFIX}{{code}}", include_in_schema=False)
async def problem_page(code: Annotated[str, Path(max_length=_MAX_CODE_LENGTH)]) -> Response:
    """The page of one code. Raises `not-found` for any other text."""
    entry = CATALOGUE.get(code)
    if entry is None:
        raise ShikakuError("not-found")
    return Response(html(entry), media_type="text/html; charset=utf-8", headers=_HEADERS)


def html(entry: CatalogueEntry) -> str:
    """A code's page."""
    ja, en = KINDS[entry.kind]
    status = f"HTTP {entry.status}" if entry.status else "never over HTTP"
    sentences = ("ja", entry.ja), ("en", entry.en), ("en", entry.engineer), ("ja", ja), ("en", en)
    paragraphs = "\n".join(f'<p lang="{language}">{escape(text)}</p>' for language, text in sentences)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(entry.code)}</title>
<h1><code>{escape(entry.code)}</code></h1>
<p>{escape(entry.kind)}, {status}</p>
{paragraphs}
</html>
"""
