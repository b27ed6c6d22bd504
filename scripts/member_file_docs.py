"""The description of member files in both languages, a template and a filled example, made from the model."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import code_texts
from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Relationship,
    Sex,
    SpecificDisease,
)
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_file import CERTIFICATE_COLUMNS, MEMBER_COLUMNS, REQUIRED_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.contract.member_rules import MEMBER_RULES

Language = Literal["ja", "en"]

BOM = "\ufeff"
"""By it spreadsheets recognise UTF-8."""

EXAMPLE_COLUMNS = ("insurer_number", "symbol", "number", "branch", "relationship", "insured_name", "insured_birth_date", "name",
                   "name_kana", "sex", "birth_date", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss", "limit_kind",
                   "limit_class", "limit_valid_from", "limit_valid_to")  # fmt: skip
"""The columns of template and example: those that most insurers send, under Japanese headings."""

_FORMS: dict[Kind, Bilingual] = {
    Kind.TEXT: Bilingual("200文字まで", "up to 200 characters"),
    Kind.KANA: Bilingual("カナ（全角・半角・ひらがなのどれでも可）", "kana of any width, or hiragana"),
    Kind.MEMBERSHIP: Bilingual("20文字まで（全角・半角、ハイフンの違いは問いません）", "up to 20 characters; width and hyphens do not matter"),
    Kind.BRANCH: Bilingual("2桁の数字", "two digits"),
    Kind.POSTAL_CODE: Bilingual("7桁（ハイフンの有無は問いません）", "seven digits, with or without hyphen"),
    Kind.CODE: Bilingual("コード（下の表）", "a code (tables below)"),
    Kind.DAY: Bilingual("日付", "a date"),
    Kind.PERCENT: Bilingual("10、20、30（または1割、2割、3割）", "10, 20, 30"),
    Kind.YEN: Bilingual("円（整数）", "yen"),
    Kind.FLAG: Bilingual("1（該当）または空", "1, or empty"),
}  # fmt: skip
_INSURER_FORM = Bilingual("8桁（市町村国保は6桁）", "eight digits, six of municipal insurance")

_CODES: dict[type[StrEnum], Mapping[StrEnum, Bilingual]] = {
    CertificateKind: code_texts.CERTIFICATE,  # type: ignore[dict-item]
    Relationship: code_texts.RELATIONSHIP,  # type: ignore[dict-item]
    Sex: code_texts.SEX,  # type: ignore[dict-item]
    ReasonOfLoss: code_texts.REASON_OF_LOSS,  # type: ignore[dict-item]
    LimitCertificateKind: code_texts.LIMIT_CERTIFICATE,  # type: ignore[dict-item]
    LimitClass: code_texts.LIMIT_CLASS,  # type: ignore[dict-item]
    SpecificDisease: code_texts.SPECIFIC_DISEASE,  # type: ignore[dict-item]
}

_ITEMS: dict[str, Item] = {item.name: item for item in MEMBER_ITEMS if item.certificate is None} | {
    column: item
    for groups in CERTIFICATE_COLUMNS.values()
    for group in groups
    for column, item in group.items()
}


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of the description that are not in the model."""

    introduction: str
    columns: str
    column_heads: str
    required: str
    codes: str
    code_heads: str
    rules: str
    rule_heads: str
    check: str


_WORDS: dict[Language, _Words] = {
    "ja": _Words(
        introduction="""\
# 加入者ファイル

[English](member-file.md)

保険者が加入者の情報をまとめて登録するファイルです。`make docs` がプログラムから作成します（編集しないでください）。
[ひな形](member-file-template.csv)に入力するか、[記入例](member-file-example.csv)を参考にしてください。

- **送信前の点検**：`payer-mock check ファイル` は、送信せずにエラーと要確認の項目を行ごとに表示します。
- **送信**：`payer-mock upload ファイル`。結果は `payer-mock upload-status`、行ごとの一覧は `payer-mock faults` で表示します。
- **形式**：CSV（1行目は見出し）、または1行に1つの JSON オブジェクト（`.jsonl`）。Excel のブック（.xlsx）は読み取れません。
  「名前を付けて保存」で「CSV UTF-8（コンマ区切り）」を選んでください。
- **文字コード**：UTF-8（BOM の有無は問いません）または Shift_JIS（CP932）。
- **見出し**：下の表の列名（`insurer_number` など）でも日本語の名前でも構いません。順序も自由です。表にない列は、
  列の記号と見出しを報告して読み飛ばします。見出しも値もない列は無視します。
- **行番号**：表計算ソフトと同じ数え方です（見出しが1行目。セル内の改行は行を増やしません。空の行も数えます）。
- **日付**：1985-04-01、1985/4/1、S60.4.1、昭和60年4月1日、19850401。全角の数字も読み取ります。年は省略できません。
- **先頭の0**：表計算ソフトで失われた0は、元の番号が1つに決まる場合（保険者番号、枝番、郵便番号、コード、受給者番号）だけ
  補います。記号と番号は補えないため、列の書式を「文字列」にしてください。`="0123"` の形も読み取ります。
- **最後の行**：改行がなくても、途中で切れていないと分かる場合は読み取ります。
""",
        columns="列",
        column_heads="| 列名 | 名前 | 必須 | 形式 | 他の見出し | 備考 |",
        required="必須",
        codes="コード",
        code_heads="| コード | 意味 |",
        rules="エラーと要確認",
        rule_heads="| コード | 内容 | 対応 |",
        check="要確認：",
    ),
    "en": _Words(
        introduction="""\
# Member files

[日本語](member-file.ja.md)

With a member file an insurer registers its members. Generated from the program by `make docs`; do not edit. Fill in
the [template](member-file-template.csv), or look at the [example](member-file-example.csv).

- **Before sending**: `payer-mock check FILE` lists errors, and items to be looked at, by row, and sends nothing.
- **Sending**: `payer-mock upload FILE`; then `payer-mock upload-status`, and `payer-mock faults` for the rows.
- **Format**: CSV with a heading row, or one JSON object per line (`.jsonl`). Workbooks (.xlsx) are not read: save them
  as CSV UTF-8 (comma delimited).
- **Encoding**: UTF-8, with or without byte-order mark, or Shift_JIS (CP932).
- **Headings**: the names below in either language, in any order. Other columns are passed over, and named by their
  letters and heading. A column without heading and values is ignored.
- **Rows** are counted as a spreadsheet does: the heading is row 1, a line break inside a cell begins no row, an empty
  row counts.
- **Dates**: 1985-04-01, 1985/4/1, S60.4.1, 昭和60年4月1日, 19850401, in digits of any width, always with the whole year.
- **Leading zeros** that a spreadsheet took are restored where only one number is possible: insurer number, branch,
  postal code, codes, recipient's number. Symbols and numbers cannot be restored: format their column as text.
  `="0123"` is read.
- **The last row** may lack its line break if it cannot be cut off.
""",
        columns="Columns",
        column_heads="| column | name | required | form | other headings | note |",
        required="yes",
        codes="Codes",
        code_heads="| code | meaning |",
        rules="Errors, and what is to be looked at",
        rule_heads="| code | meaning | what to do |",
        check="To be looked at: ",
    ),
}


def description(language: Language) -> str:
    """The description of member files as a page."""
    words = _WORDS[language]
    parts = (
        [words.introduction],
        [f"\n## {words.columns}\n\n{words.column_heads}\n|---|---|---|---|---|---|\n", *_columns(language)],
        [f"\n## {words.codes}\n", *_codes(language)],
        [f"\n## {words.rules}\n\n{words.rule_heads}\n|---|---|---|\n", *_rules(language)],
    )
    return "".join(line for part in parts for line in part)


def _columns(language: Language) -> Iterator[str]:
    for column in MEMBER_COLUMNS:
        texts = COLUMN_TEXTS[column]
        item = _ITEMS.get(column)
        form = _INSURER_FORM if item is None else _FORMS[item.kind]
        cells = (
            f"`{column}`",
            texts.ja if language == "ja" else f"{texts.ja}<br>{texts.en}",
            _WORDS[language].required if column in REQUIRED_COLUMNS else "",
            getattr(form, language),
            "、".join(texts.headings) if language == "ja" else ", ".join(texts.headings),
            getattr(texts, f"note_{language}"),
        )
        yield f"| {' | '.join(cells)} |\n"


def _codes(language: Language) -> Iterator[str]:
    for codes, names in _CODES.items():
        columns = [
            column
            for column, item in _ITEMS.items()
            if item.codes is codes and not column.startswith(("disease_2", "disease_3"))
        ]
        yield f"\n{'、'.join(f'`{column}`' for column in columns)}\n\n{_WORDS[language].code_heads}\n|---|---|\n"
        yield from (f"| {code.value} | {getattr(names[code], language)} |\n" for code in codes)


def _rules(language: Language) -> Iterator[str]:
    for code, rule in MEMBER_RULES.items():
        check = _WORDS[language].check if rule.check else ""
        sentence, proposal = getattr(rule, language), getattr(rule, f"fix_{language}")
        yield f"| `{code.value}` | {check}{sentence} | {proposal} |\n"


def template() -> str:
    """An empty member file: the heading row alone."""
    return _csv([])


def example() -> str:
    """A filled member file, as a clerk fills it in."""
    insured = {column: COLUMN_TEXTS[column].example for column in EXAMPLE_COLUMNS}
    dependant = insured | {
        "branch": "01", "relationship": "家族", "insured_name": insured["name"], "insured_birth_date": "昭和60年6月15日",
        "name": "見本　太郎", "name_kana": "ﾐﾎﾝ ﾀﾛｳ", "sex": "男", "birth_date": "R1.5.1", "acquired_on": "2024/4/1",
    }  # fmt: skip
    left = insured | {
        "number": "1234568", "name": "SAMPLE ANN", "name_kana": "", "birth_date": "平成2年1月31日", "address": "架空県見本市北2-3\n見本ビル101",
        "lost_on": "2026-03-31", "reason_of_loss": "03",
    }  # fmt: skip
    limited = insured | {
        "number": "1234569", "name": "見本　次郎", "name_kana": "ミホン ジロウ", "sex": "1", "birth_date": "1979-12-01", "limit_kind": "01",
        "limit_class": "A03", "limit_valid_from": "2026-04-01", "limit_valid_to": "2027-03-31",
    }  # fmt: skip
    return _csv([insured, dependant, left, limited])


def _csv(rows: Sequence[Mapping[str, str]]) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(COLUMN_TEXTS[column].ja for column in EXAMPLE_COLUMNS)
    writer.writerows([row[column] for column in EXAMPLE_COLUMNS] for row in rows)
    return BOM + output.getvalue()
