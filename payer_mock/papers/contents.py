"""The text of the two papers, from a row of the insurer's own member file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.days import in_era
from payer_mock.papers.page import PaperPage

_SEXES = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNSET: "—"}
_RELATIONSHIPS = {Relationship.INSURED: "本人（被保険者）", Relationship.DEPENDANT: "家族（被扶養者）"}
_CERTIFICATE_NOTE = "医療機関等の窓口でこの書面をご提示ください。\nShow this paper at the reception of clinics and pharmacies."
_NOTICE_NOTE = (
    "この書面だけでは保険診療を受けられません。マイナンバーカードと一緒にご提示ください。\n"
    "Not valid alone: show it together with the My Number Card."
)

_Lines = list[tuple[str, str | None]]


def certificate(row: Mapping[str, str], insurer_name: str | None = None) -> PaperPage:
    """A 資格確認書, which replaces a card."""
    dates = [
        ("交付年月日 / issued", _day(row.get("issued_on"))),
        ("有効期限 / valid to", _day(row.get("valid_to"))),
    ]
    person = [
        ("性別 / sex", _SEXES[Sex(row.get("sex_on_certificate", row["sex"]))]),
        ("被保険者氏名 / insured person", row.get("insured_name")),
    ]
    lines = [*_membership(row, insurer_name), *_person(row), *person, *_cover(row), *dates]
    return PaperPage("資格確認書", "Eligibility certificate", _filled(lines), _CERTIFICATE_NOTE)


def notice(row: Mapping[str, str], insurer_name: str | None = None) -> PaperPage:
    """A 資格情報のお知らせ: a member's numbers, valid only together with her card."""
    lines = [*_membership(row, insurer_name), *_person(row), *_cover(row)]
    return PaperPage("資格情報のお知らせ", "Notice of eligibility", _filled(lines), _NOTICE_NOTE)


def _membership(row: Mapping[str, str], insurer_name: str | None) -> _Lines:
    return [
        ("保険者名称 / insurer", insurer_name),
        ("保険者番号 / insurer number", row["insurer_number"]),
        ("記号 / symbol", row.get("symbol")),
        ("番号 / number", row["number"]),
        ("枝番 / branch", row.get("branch")),
    ]


def _person(row: Mapping[str, str]) -> _Lines:
    return [
        ("氏名 / name", row["name"]),
        ("フリガナ / kana", row.get("name_kana")),
        ("生年月日 / birth date", _birth_date(date.fromisoformat(row["birth_date"]))),
    ]


def _cover(row: Mapping[str, str]) -> _Lines:
    ratio = row.get("burden_ratio", row.get("elderly_burden_ratio"))
    return [
        ("本人・家族の別 / relationship", _RELATIONSHIPS[Relationship(row["relationship"])]),
        ("資格取得年月日 / acquired on", _day(row["acquired_on"])),
        ("負担割合 / burden ratio", f"{int(ratio) // 10}割" if ratio else None),
    ]


def _filled(lines: _Lines) -> list[tuple[str, str]]:
    return [(label, value) for label, value in lines if value]


def _day(value: str | None) -> str | None:
    """A day as 2026年4月1日."""
    if value is None:
        return None
    day = date.fromisoformat(value)
    return f"{day.year}年{day.month}月{day.day}日"


def _birth_date(day: date) -> str:
    """A birth date with its era, as 昭和60年（1985年）6月15日; before Meiji without."""
    year, has_era, rest = in_era(day).partition("年")
    return f"{year}年（{day.year}年）{rest}" if has_era else f"{day.year}年{day.month}月{day.day}日"
