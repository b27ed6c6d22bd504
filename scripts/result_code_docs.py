"""Writes docs/result-codes.md: the codes of results and face files, with their sentences."""

from __future__ import annotations

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import texts
from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.exchange.result_codes import RESULT_CODES, Level

_HEAD = """# Codes of results / 処理結果コード

The codes that results and face files carry when something is wrong, and their sentences. They are our own: the real
list (別紙6-1) is not public, and none of its codes begins with `SHK-`. Generated from
`clinic_terminal/exchange/result_codes.toml` and the catalogues by `make docs`; do not edit.

結果ファイル・face ファイルに出る本システム独自のコードです。実際の処理結果コード（別紙6-1）は公開されていないため、
`SHK-` で始まる独自のコードを使っています。

No code stands beside a validity (資格有効性) except a remark: what could not be checked never reads like 無効 or
該当資格なし. / 注記を除き、コードと資格有効性が同時に出ることはありません。確認できなかったことが「無効」「該当資格なし」に
見えることはありません。
"""

_PLACES = {
    Level.REMARK: "Remarks on a successful answer (`ProcessingResultCode` with status 1) / 正常終了の注記",
    Level.MESSAGE: "The whole message failed (`SegmentOfResult` 9, `ErrorCode`; medical files: `ResultCode`)"
    " / 電文全体のエラー",
    Level.PERSON: "One person was refused (`ProcessingResultStatus` 2; medical files: `ResultCode`)"
    " / 患者さんごとのエラー",
}

_REMARKS = {
    "certificate-expiring": texts.CERTIFICATE_EXPIRING,
    "certificate-grace": texts.CERTIFICATE_IN_GRACE,
}


def description() -> str:
    """The document."""
    return "\n".join([_HEAD, *(_section(level) for level in Level)])


def _section(level: Level) -> str:
    codes = sorted((code.number, name) for name, code in RESULT_CODES.items() if code.level is level)
    rows = [f"| `{number}` | {_text(name).ja} | {_text(name).en} | `{name}` |" for number, name in codes]
    return "\n".join(
        [f"## {_PLACES[level]}\n", "| code | 文 | sentence | cause |", "|---|---|---|---|", *rows, ""]
    )


def _text(name: str) -> Bilingual:
    if name in _REMARKS:
        return _REMARKS[name]
    entry = SHOWN_CATALOGUE[name]
    return Bilingual(entry.ja, entry.en)
