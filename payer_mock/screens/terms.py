"""Japanese and English text for every code and column that an insurer's clerk sees."""

from __future__ import annotations

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.enrolment import Difference, FoldingKind
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.insurer_ops import PaperReason
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_rules import MEMBER_RULES
from eligibility_api.contract.uploads import Finding, RowFault
from payer_mock.population.month import Event

COLUMN_NAMES = {column: texts.ja for column, texts in COLUMN_TEXTS.items()}
"""The Japanese name of every column of a member file."""

Text = tuple[str, str]
"""A sentence in Japanese and in English."""

_MISSING = ("必須の項目が空です。", "A required item is empty.")
_FORM = ("値の形式が正しくありません。", "The value does not have the form of this item.")
_MY_NUMBER = (
    "マイナンバー（個人番号）と思われる値です。保険の記号・番号などを入力してください。",
    "Looks like a My Number, which is not accepted.",
)

CLAIM_FAULTS: dict[str, Text] = {
    ClaimsFault.ENCODING: ("シフトJIS（CP932）として読み取れません。", "Bytes that are not CP932."),
    ClaimsFault.LINE_TOO_LONG: ("行が長すぎます。", "The line is too long."),
    ClaimsFault.FIELDS: (
        "レコードの項目数が正しくないか、レコードではない行です。",
        "Wrong number of fields, or a line that is no record.",
    ),
    ClaimsFault.REQUIRED: _MISSING,
    ClaimsFault.NUMBER: (
        "数字の項目が正しくありません（検証番号を含む）。",
        "Not a valid number or check digit.",
    ),
    ClaimsFault.DAY: ("年月日が正しくありません。", "Not a valid western or era date."),
    ClaimsFault.CODE: ("コード表にない値か、形式が正しくありません。", "Not of its code table or form."),
    ClaimsFault.UNKNOWN_RECORD: (
        "この種別のレセプトにないレコードです（読み飛ばし、レセプトは取り込みます）。",
        "Not a record of this kind of claim. It is left out; the claim counts.",
    ),
    ClaimsFault.LEFT_OUT: (
        "項目の値が正しくありません（その項目を除いて、レセプトは取り込みます）。",
        "Not a valid value. It is left out; the claim counts.",
    ),
    ClaimsFault.NOT_CARRIED: (
        "取込対象外の種別です（DPC・歯科・訪問看護・返戻）。",
        "Of a kind that is not read (DPC, dental, home nursing, returned).",
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
    "unknown-column": (
        "加入者ファイルにない列です（読み飛ばしました）。",
        "Not a column of a member file (passed over).",
    ),
    "variant": (
        "表記が住民基本台帳情報と異なります（候補者あり、確認待ち）",
        "Spelled otherwise in the resident register; a person is proposed and waits for confirmation",
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
PROPOSED = (
    "表記の異なる候補者がいます。表記の違いを確認し、もう一度 confirm を実行すると、ひも付けます",
    "a person who is spelled otherwise is proposed: check the differences, and confirm again to link her",
)
LINKED = ("表記の異なる本人を確認し、ひも付けました", "linked to the person who is spelled otherwise")
UNLINKED = (
    "ひも付いていた方、または候補者を、別人として登録しました（確認待ち）。登録した内容が正しければ confirm を実行してください",
    "the person linked or proposed is recorded as somebody else; if the member's data is right, confirm it",
)
FOLDINGS: dict[str, Text] = {
    FoldingKind.ADDRESS: (
        "住所の書き方（丁目・番地・大字・都道府県など）",
        "numerals and parts of an address",
    ),
    FoldingKind.CHARACTER: ("異体字・旧字体", "variant characters"),
    FoldingKind.KANA: ("かなの書き方（小書き・ひらがななど）", "size and kind of kana"),
    FoldingKind.CASE: ("大文字・小文字", "upper and lower case"),
    FoldingKind.PUNCTUATION: ("ハイフン・長音・中点など", "hyphens, long-vowel marks, middle dots"),
    FoldingKind.MISSING: ("●で書かれた文字", "a character written as ●"),
}
"""How a member is spelled otherwise than in the resident register."""

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
    """The text of a code in one of the tables, else as a rule of member files, else in the error catalogue."""
    for table in tables:
        if code in table:
            return table[code]
    if code in MEMBER_RULES:
        rule = MEMBER_RULES[RowFault(code)]
        return rule.ja, rule.en
    entry = CATALOGUE.get(code)
    return (entry.ja, entry.en) if entry is not None else _FORM


def rule_text(code: str) -> str:
    """What a fault of a row means and what to do about it: a line in Japanese, and one in English."""
    ja, en = sentence(code)
    if code in MEMBER_RULES:
        rule = MEMBER_RULES[RowFault(code)]
        ja, en = f"{ja}→ {rule.fix_ja}", f"{en} → {rule.fix_en}"
    return f"{ja}\n{en}"


def unknown_column_text(letters: str, heading: str | None, filled: int) -> Text:
    """A column that no member file has, by its letters in a spreadsheet and its heading."""
    ja = f"「{heading}」は加入者ファイルにない列です" if heading else "には見出しがありません"
    en = f"“{heading}” is not a column of a member file" if heading else "has no heading"
    return (
        f"{letters}列{ja}。値のあるセル{filled}件を読み飛ばしました。",
        f"Column {letters} {en}: {filled} cells passed over.",
    )


def finding_text(finding: Finding) -> Text:
    """A finding with its column and shares, e.g. `負担割合（burden_ratio）の記入率が低下：98% → 0%`."""
    detail = finding.detail or {}
    if "letters" in detail:
        return unknown_column_text(detail["letters"], finding.column, finding.count)
    ja, en = sentence(finding.code, FINDINGS)
    if finding.code in FINDINGS and finding.column is not None:
        ja, en = f"{column_label(finding.column)}の{ja}", f"{finding.column}: {en}"
    if "before" in detail:
        shares = f"{detail['before']:.0%} → {detail['now']:.0%}"
    elif "kind" in detail:
        kind_ja, kind_en = FOLDINGS.get(detail["kind"], (detail["kind"],) * 2)
        return f"{ja}：{kind_ja}", f"{en}: {kind_en}"
    elif "share" in detail:
        shares = f"{detail['share']:.1%}"
    else:
        return ja, en
    return f"{ja}：{shares}", f"{en}: {shares}"


def difference_text(difference: Difference) -> Text:
    """How a member is spelled otherwise, e.g. `氏名：異体字・旧字体`."""
    ja, en = FOLDINGS[difference.kind]
    return f"{COLUMN_NAMES[difference.item]}：{ja}", f"{difference.item}: {en}"


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
