"""The fields that are read of each record of medical and pharmacy claims, in order (OQS 13.2, 13.3)."""

from __future__ import annotations

from eligibility_api.claims.reading.dates import parse_day, parse_month
from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.claims.reading.layouts import FIRST_DAY, layouts
from eligibility_api.claims.reading.values import (
    QUANTITY,
    Field,
    Rule,
    branch,
    day_counts,
    digits,
    insurer,
    is_present,
    membership,
    modifiers,
    number,
    one_of,
    raw,
    text_up_to,
)
from eligibility_api.contract.claim_codes import ACT_BY_DOSAGE_FORM, ACTS
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.history import CareSetting

_MAX_NAME_BYTES = 40


def _claim_type(fee_table: str) -> Rule:
    """Converts レセプト種別 to the setting, by its last digit (odd: inpatient)."""

    def rule(text: str) -> CareSetting:
        if not (len(text) == 4 and text.isascii() and text.isdigit() and text[0] == fee_table):
            raise BadValue(ClaimsFault.CODE)
        if fee_table == "4":
            return CareSetting.PHARMACY
        return CareSetting.INPATIENT if int(text[3]) % 2 else CareSetting.OUTPATIENT

    return rule


_NAME = Field(text_up_to(_MAX_NAME_BYTES), lenient=True)
_MONTH = Field(parse_month, required=True)
_REQUIRED_DAY = Field(parse_day, required=True)
_NINE_DIGITS = Field(digits(9), required=True)
_MEMBERSHIP = Field(membership, any_length=True)
_QUANTITY = Field(QUANTITY)
_TIMES = Field(number(3))

_PREFECTURE = Field(digits(2), required=True)
_VOLUME = Field(number(2), lenient=True)
_RAW = Field(raw, any_length=True)
_HO = {
    "保険者番号": Field(insurer, required=True, any_length=True),
    "被保険者証記号": _MEMBERSHIP,
    "被保険者証番号": Field(membership, required=True, any_length=True),
    "合計点数": Field(number(8), lenient=True),
}
_KO = {"負担者番号": _RAW, "受給者番号": _RAW, "合計点数": _RAW}
"""Judged by `Payers`, and only where a public expense identifies the member."""

_LENIENT_MEMBERSHIP = Field(membership, lenient=True, any_length=True)
_SN = {
    "負担者種別": Field(one_of("12345"), lenient=True),
    "確認区分": _RAW,
    "保険者番号等": _RAW,
    "被保険者証記号": _LENIENT_MEMBERSHIP,
    "被保険者証番号": _LENIENT_MEMBERSHIP,
    "枝番": Field(branch, lenient=True),
    "受給者番号": _LENIENT_MEMBERSHIP,
}
_PERSON = {"氏名": _NAME, "男女区分": Field(one_of("123"), lenient=True), "生年月日": _REQUIRED_DAY}
_GO = {
    "総件数": Field(number(6)),
    "総合計点数": Field(number(12)),
    "マルチボリューム識別情報": Field(digits(2)),
}
_ACT = Field(one_of(ACTS))
_COUNTS = {
    "点数": Field(is_present),
    "回数": _TIMES,
    FIRST_DAY: Field(day_counts, any_length=True),
}

MEDICAL = layouts(
    "medical",
    {
        "IR": {
            "都道府県": _PREFECTURE,
            "点数表": Field(one_of("13"), required=True),
            "医療機関コード": Field(digits(7), required=True),
            "医療機関名称": _NAME,
            "請求年月": _MONTH,
            "マルチボリューム識別情報": _VOLUME,
        },
        "RE": {
            "レセプト種別": Field(_claim_type("1"), required=True),
            "診療年月": _MONTH,
            **_PERSON,
        },
        "HO": _HO,
        "KO": _KO,
        "SN": _SN,
        "SY": {
            "傷病名コード": Field(digits(7), required=True),
            "診療開始日": Field(parse_day),
            "転帰区分": Field(one_of("1234")),
            "修飾語コード": Field(modifiers),
            "傷病名称": _NAME,
            "主傷病": Field(one_of(("01",))),
        },
        "SI": {"診療識別": _ACT, "診療行為コード": _NINE_DIGITS, "数量データ": _QUANTITY, **_COUNTS},
        "IY": {"診療識別": _ACT, "医薬品コード": _NINE_DIGITS, "使用量": _QUANTITY, **_COUNTS},
        "TO": {"診療識別": _ACT, "特定器材コード": _NINE_DIGITS, "使用量": _QUANTITY, **_COUNTS},
        "CO": {"診療識別": _ACT, "文字データ": Field(text_up_to(76))},
        "GO": _GO,
    },
)

PHARMACY = layouts(
    "pharmacy",
    {
        "YK": {
            "都道府県": _PREFECTURE,
            "点数表": Field(one_of("4"), required=True),
            "薬局コード": Field(digits(7), required=True),
            "薬局名称": _NAME,
            "請求年月": _MONTH,
            "マルチボリューム識別情報": _VOLUME,
        },
        "RE": {
            "レセプト種別": Field(_claim_type("4"), required=True),
            "調剤年月": _MONTH,
            **_PERSON,
            "医療機関都道府県": Field(digits(2), lenient=True),
            "医療機関点数表": Field(digits(1), lenient=True),
            "医療機関コード": Field(digits(7), lenient=True),
            "医療機関名称": _NAME,
        },
        "HO": _HO,
        "KO": _KO,
        "SN": _SN,
        "SH": {
            "剤形コード": Field(one_of(ACT_BY_DOSAGE_FORM), required=True, lenient=True),
            "用法コード": Field(digits(1, 3), lenient=True),
            "特別指示": Field(text_up_to(80), lenient=True),
        },
        "CZ": {
            "処方月日": Field(parse_day, lenient=True),
            "調剤月日": _REQUIRED_DAY,
            "調剤数量": Field(number(3), required=True),
        },
        "TO": {},
        "IY": {"医薬品コード": _NINE_DIGITS, "使用量": _QUANTITY},
        "GO": _GO,
    },
)
