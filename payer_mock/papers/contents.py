"""What the two papers say of a member, from a row of the insurer's own member file."""

from __future__ import annotations

from collections.abc import Mapping

from eligibility_api.contract.codes import Relationship, Sex
from payer_mock.papers.sheet import Sheet

_SEXES = {Sex.MALE: "男 / male", Sex.FEMALE: "女 / female", Sex.UNSET: "— / not shown"}
_RELATIONSHIPS = {Relationship.INSURED: "本人 / insured", Relationship.DEPENDANT: "家族 / dependant"}

_CERTIFICATE_NOTE = "医療機関等の窓口でこの書面を提示してください。\nShow this paper at the reception of clinics and pharmacies."
_NOTICE_NOTE = (
    "この書面のみでは受診できません。マイナンバーカードとともに提示してください。\n"
    "Not valid alone: show it together with the My Number Card."
)


def certificate(row: Mapping[str, str]) -> Sheet:
    """資格確認書: serves instead of a card."""
    dates = [
        ("交付年月日 / issued", row.get("issued_on")),
        ("有効期限 / valid to", row.get("valid_to")),
    ]
    person = [
        ("性別 / sex", _SEXES[Sex(row.get("sex_on_certificate", row["sex"]))]),
        ("被保険者氏名 / insured person", row.get("insured_name")),
    ]
    lines = [*_membership(row), *_person(row), *person, *_cover(row), *dates]
    return Sheet("資格確認書", "Eligibility certificate", _filled(lines), _CERTIFICATE_NOTE)


def notice(row: Mapping[str, str]) -> Sheet:
    """資格情報のお知らせ: tells a member her numbers, beside her card."""
    lines = [*_membership(row), *_person(row), *_cover(row)]
    return Sheet("資格情報のお知らせ", "Notice of eligibility", _filled(lines), _NOTICE_NOTE)


_Lines = list[tuple[str, str | None]]


def _membership(row: Mapping[str, str]) -> _Lines:
    return [
        ("保険者番号 / insurer number", row["insurer_number"]),
        ("記号 / symbol", row.get("symbol")),
        ("番号 / number", row["number"]),
        ("枝番 / branch", row.get("branch")),
    ]


def _person(row: Mapping[str, str]) -> _Lines:
    return [
        ("氏名 / name", row["name"]),
        ("フリガナ / kana", row["name_kana"]),
        ("生年月日 / birth date", row["birth_date"]),
    ]


def _cover(row: Mapping[str, str]) -> _Lines:
    ratio = row.get("burden_ratio", row.get("elderly_burden_ratio"))
    return [
        ("本人・家族 / relationship", _RELATIONSHIPS[Relationship(row["relationship"])]),
        ("資格取得年月日 / acquired on", row["acquired_on"]),
        ("負担割合 / burden ratio", f"{int(ratio) // 10}割 / {ratio} %" if ratio else None),
    ]


def _filled(lines: _Lines) -> list[tuple[str, str]]:
    return [(label, value) for label, value in lines if value]
