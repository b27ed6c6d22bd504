"""Japanese and English text for every code and column that an insurer's clerk sees."""

from __future__ import annotations

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.insurer_ops import PaperReason
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.uploads import Finding, RowFault
from payer_mock.population.month import Event

_ITEMS = {
    "insurer_number": "保険者番号",
    "certificate_kind": "被保険者証区分",
    "symbol": "記号",
    "number": "番号",
    "branch": "枝番",
    "relationship": "本人・家族の別",
    "insured_name": "被保険者氏名",
    "insured_birth_date": "被保険者の生年月日",
    "name": "氏名",
    "name_kana": "氏名カナ",
    "name_alias": "通称名",
    "name_alias_kana": "通称名カナ",
    "sex": "性別",
    "sex_on_certificate": "性別（券面）",
    "birth_date": "生年月日",
    "postal_code": "郵便番号",
    "address": "住所",
    "acquired_on": "資格取得年月日",
    "lost_on": "資格喪失年月日",
    "reason_of_loss": "資格喪失事由",
    "issued_on": "交付年月日",
    "valid_from": "有効開始年月日",
    "valid_to": "有効終了年月日",
    "burden_ratio": "負担割合",
    "nondisclosure": "不開示該当",
    "self_disclosure_blocked": "自己情報提供不可",
    "elderly_issued_on": "高齢受給者証の交付年月日",
    "elderly_valid_from": "高齢受給者証の有効開始年月日",
    "elderly_valid_to": "高齢受給者証の有効終了年月日",
    "elderly_burden_ratio": "高齢受給者証の負担割合",
    "limit_kind": "限度額適用認定証区分",
    "limit_class": "限度額適用区分",
    "limit_issued_on": "限度額適用認定証の交付年月日",
    "limit_valid_from": "限度額適用認定証の有効開始年月日",
    "limit_valid_to": "限度額適用認定証の有効終了年月日",
    "limit_long_term_on": "長期入院該当年月日",
}
_DISEASE_ITEMS = {
    "": "特定疾病療養受療証{n}の認定疾病",
    "_issued_on": "特定疾病療養受療証{n}の交付年月日",
    "_valid_from": "特定疾病療養受療証{n}の有効開始年月日",
    "_valid_to": "特定疾病療養受療証{n}の有効終了年月日",
    "_self_pay": "特定疾病療養受療証{n}の自己負担限度額",
}
COLUMN_NAMES = _ITEMS | {
    f"disease_{n}{item}": name.format(n=n)
    for n in range(1, 1 + sum(column.endswith("_self_pay") for column in MEMBER_COLUMNS))
    for item, name in _DISEASE_ITEMS.items()
}
"""The Japanese name of every column of a member file."""

Text = tuple[str, str]
"""A sentence in Japanese and in English."""

_MISSING = ("必須の項目が空です。", "A required item is empty.")
_DAY = ("日付の形式ではありません。YYYY-MM-DD で入力してください。", "Not a date; write YYYY-MM-DD.")
_CODE = ("コード表にない値です。", "Not a value of the code table.")
_FORM = ("値の形式が正しくありません。", "The value does not have the form of this item.")
_REASON = (
    "資格喪失年月日と資格喪失事由は、両方とも入力するか、両方とも空にしてください。",
    "lost_on and reason_of_loss must be filled together.",
)
_MY_NUMBER = (
    "マイナンバー（個人番号）と思われる値です。保険の記号・番号などを入力してください。",
    "Looks like a My Number, which is not accepted.",
)

ROW_RULES: dict[str, Text] = {
    "csv": ("CSV の形式ではありません。引用符を確認してください。", "Not CSV; check the quotation marks."),
    "cell-count": ("列の数が見出し行と一致しません。", "More or fewer cells than columns."),
    "missing": _MISSING,
    "day": _DAY,
    "date_from_datetime_parsing": ("暦にない日付です。", "Not a day of the calendar."),
    "date_from_datetime_inexact": _DAY,
    "date_parsing": _DAY,
    "enum": _CODE,
    "literal_error": _CODE,
    "string_pattern_mismatch": _FORM,
    "string_too_short": ("文字数が足りません。", "The text is too short."),
    "string_too_long": ("文字数が多すぎます。", "The text is too long."),
    "string_unicode": ("UTF-8 として読み取れない文字があります。", "Bytes that are not UTF-8."),
    "kana": ("カタカナで入力してください。", "Write katakana."),
    "insurer_number": ("保険者番号の検証番号が一致しません。", "Wrong check digit of the insurer number."),
    "membership_text": ("記号・番号に使えない文字があるか、長すぎます。", "Not a valid symbol or number."),
    "recipient_number": (
        "受給者番号の検証番号が一致しません。",
        "Wrong check digit of the recipient's number.",
    ),
    "reason_of_loss": _REASON,
    "my-number-refused": _MY_NUMBER,
}
"""Rules that `payer-mock enrol` checks before a row is sent, by pydantic's or the contract's name."""

ROW_FAULTS: dict[str, Text] = {
    RowFault.REQUIRED: _MISSING,
    RowFault.FORMULA: ("セルが表計算の数式で始まっています。", "The cell begins like a spreadsheet formula."),
    RowFault.MY_NUMBER: _MY_NUMBER,
    RowFault.OTHER_INSURER: ("他の保険者の加入者です。", "A member of another insurer."),
    RowFault.TEXT: (
        "文字列が空か、長すぎるか、制御文字を含みます。",
        "Empty, too long, or with control characters.",
    ),
    RowFault.DAY: _DAY,
    RowFault.CODE: _CODE,
    RowFault.FORM: _FORM,
    RowFault.PERIOD: ("終了日が開始日より後ではありません。", "The end is not later than the beginning."),
    RowFault.REASON_OF_LOSS: _REASON,
    RowFault.SCHEME: ("この保険者の制度では使えない値です。", "Not of the insurer's scheme."),
    RowFault.ENCODING: ("文字コードが正しくありません。", "Bytes that are not of the file's encoding."),
    RowFault.LINE_TOO_LONG: ("行が長すぎます。", "The line is too long."),
    RowFault.QUOTES: (
        "引用符が閉じていないか、位置が正しくありません。",
        "A quotation mark is open or misplaced.",
    ),
    RowFault.CELLS: ("列の数が見出し行と一致しません。", "More or fewer cells than columns."),
    RowFault.JSON: ("1行に1つの JSON オブジェクトではありません。", "Not one flat JSON object."),
    RowFault.UNKNOWN_COLUMN: ("加入者ファイルにない項目です。", "Not a column of a member file."),
    RowFault.DUPLICATE: (
        "同じ行が前にあります（前の行が有効です）。",
        "The same row stands above, which counts.",
    ),
    RowFault.ROWS_OVERLAP: (
        "同じ加入者の期間が他の行と重複し、内容が異なります（どちらも取り込みません）。",
        "Rows differ about one member on the same day; neither counts.",
    ),
    RowFault.BRANCH_CONFLICT: (
        "同じ枝番を同じ日に2人が使っています（どちらも取り込みません）。",
        "Two people have one branch number on the same day; neither counts.",
    ),
    RowFault.CHANGED_SINCE: (
        "アップロード後に個別に変更されたため、そのまま残しました（エラーではありません）。",
        "Left alone: changed by a single call after the upload (no fault).",
    ),
}
"""Faults of an uploaded row."""

CLAIM_FAULTS: dict[str, Text] = {
    ClaimsFault.ENCODING: ("シフトJIS（CP932）として読み取れません。", "Bytes that are not CP932."),
    ClaimsFault.LINE_TOO_LONG: ("行が長すぎます。", "The line is too long."),
    ClaimsFault.FIELDS: ("レコードの項目数が正しくありません。", "Wrong number of fields."),
    ClaimsFault.REQUIRED: _MISSING,
    ClaimsFault.NUMBER: (
        "数字の項目が正しくありません（検証番号を含む）。",
        "Not a valid number or check digit.",
    ),
    ClaimsFault.DAY: ("年月日が正しくありません。", "Not a valid western or era date."),
    ClaimsFault.CODE: ("コード表にない値か、形式が正しくありません。", "Not of its code table or form."),
    ClaimsFault.UNKNOWN_RECORD: (
        "この種別のレセプトにないレコードです。",
        "Not a record of this kind of claim.",
    ),
    ClaimsFault.NOT_CARRIED: (
        "レイアウトが公開されていないため取り込みません（DPC・歯科など）。",
        "Not read: its layout is not public (DPC, dental).",
    ),
    ClaimsFault.ORDER: ("レコードの順序が正しくありません。", "A record where none of its kind may stand."),
    ClaimsFault.OTHER_INSURER: ("他の保険者のレセプトです。", "A claim of another insurer."),
    ClaimsFault.MY_NUMBER: _MY_NUMBER,
    ClaimsFault.DUPLICATE: (
        "同じレセプトがファイルの前の行にあります（前のものが有効です）。",
        "The same claim stands above, which counts.",
    ),
    ClaimsFault.TRAILER: (
        "GO レコードの件数・点数が一致しません（レセプトは取り込みます）。",
        "GO does not agree with the claims above it; they count all the same.",
    ),
    ClaimsFault.TRUNCATED: (
        "ファイルが途中で切れています（最後のレセプトは取り込みません）。",
        "Cut off: the last claim does not count.",
    ),
}
"""Faults of a claim file."""

FINDINGS: dict[str, Text] = {
    "bad-rows": ("エラーのある行の割合", "Share of rows with errors"),
    "changed": ("変更された加入者の割合", "Share of changed members"),
    "absent": ("ファイルにない加入者の割合", "Share of current members not in the file"),
    "unmatched": (
        "住民基本台帳情報との不一致の割合",
        "Share of members not matched in the resident register",
    ),
    "unmatched-limit": (
        "住民基本台帳情報と一致しない行が続いたため、J-LIS照会の結果は別の担当者が承認するまで表示しません",
        "Too many rows were not matched lately: what the register answered is shown once another person approves",
    ),
    "removed": ("登録がなくなる加入者がいます", "Members would no longer be enrolled"),
    "renumbered": ("記号・番号が変わった加入者の割合", "Share of members with a new number"),
    "fill-dropped": ("記入率が低下", "Fill rate dropped"),
    "protection-lost": (
        "不開示該当・自己情報提供不可が外れる加入者がいます",
        "Members would lose a protection flag",
    ),
    "gaps": ("資格の期間に空白がある加入者がいます", "Members with a gap between their periods"),
}
"""Findings about a file as a whole; a finding about rows has the code of its fault."""

TICKET_OUTCOMES: dict[str, str] = {
    "registered": "登録済",
    "replaced": "差替え済",
    "unchanged": "変更なし",
    "withdrawn": "取消済",
}
MISMATCHES = {
    "none": ("J-LIS照会で本人を特定し、ひも付けました", "the register now shows one person, who is linked"),
    "open": ("確認待ち", "waits for the insurer's confirmation"),
    "confirmed": ("保険者が確認済み", "confirmed by the insurer"),
}
POPULATION_EVENTS = {
    Event.MOVED: "他の保険への異動",
    Event.TURNED_75: "75歳到達",
    Event.BORN: "出生",
    Event.DIED: "死亡",
    Event.REISSUED: "資格確認書などの再交付",
    Event.LIMITED: "限度額適用認定証の交付",
    Event.RENAMED: "氏名の変更",
}
REVISION_KINDS = {"single": "個別", "file": "ファイル", "undo": "取り消し"}
CHANGE_EVENTS = {"opened": "反映", "closed": "終了"}
VALIDITIES: dict[str, str] = {
    Validity.VALID: "有効",
    Validity.INVALID: "無効",
    Validity.INVALID_NEWER_EXISTS: "無効（新しい資格あり）",
    Validity.NOT_FOUND: "該当資格なし",
    Validity.AMBIGUOUS: "複数該当",
    Validity.VALID_UNREGISTERED: "有効（医療券・調剤券の登録なし）",
}
"""OQSCD006."""


def column_label(column: str) -> str:
    """A column as `負担割合（burden_ratio）`; one that no member file has stays as it is."""
    return f"{COLUMN_NAMES[column]}（{column}）" if column in COLUMN_NAMES else column


def column_cell(column: str | None) -> str:
    """A column's Japanese name and its name in the file, on two lines of a table's cell."""
    return "\n".join(name for name in (COLUMN_NAMES.get(column or ""), column) if name)


def sentence(code: str, *tables: dict[str, Text]) -> Text:
    """The text of a code in one of the tables, else in the error catalogue, else that the form is wrong."""
    for table in tables:
        if code in table:
            return table[code]
    entry = CATALOGUE.get(code)
    return (entry.ja, entry.en) if entry is not None else _FORM


def finding_text(finding: Finding) -> Text:
    """A finding with its column and shares, e.g. `負担割合（burden_ratio）の記入率が低下：98% → 0%`."""
    ja, en = sentence(finding.code, FINDINGS, ROW_FAULTS)
    detail = finding.detail or {}
    if finding.code in FINDINGS and finding.column is not None:
        ja, en = f"{column_label(finding.column)}の{ja}", f"{finding.column}: {en}"
    if "before" in detail:
        shares = f"{detail['before']:.0%} → {detail['now']:.0%}"
    elif "share" in detail:
        shares = f"{detail['share']:.1%}"
    else:
        return ja, en
    return f"{ja}：{shares}", f"{en}: {shares}"


def lookup_outcome(code: str) -> str:
    """The outcome of a member's look-up: a validity (OQSCD006), or the code of a refusal."""
    if code in VALIDITIES:
        return f"{VALIDITIES[code]} / {code}"
    entry = CATALOGUE.get(code)
    return f"{entry.ja} / {code}" if entry is not None else code


PAPER_REASONS = {
    PaperReason.BLOCKED: "自己情報提供不可 / blocked",
    PaperReason.LATE_ELDERLY: "後期高齢者 / late-elderly",
    PaperReason.NEEDS_HELP: "要配慮者 / needs help",
    PaperReason.CARD_RETURNED: "カード返納 / card returned",
    PaperReason.CARD_LOST: "カード紛失 / card lost",
    PaperReason.DEREGISTERED: "利用登録解除 / deregistered",
    PaperReason.EXPIRED: "電子証明書の有効期限切れ / certificate expired",
    PaperReason.NO_CARD: "利用登録なし / no card",
}
"""The reasons of a need, and of an application."""
