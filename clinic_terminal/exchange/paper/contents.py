"""The text of the two papers: medicines and treatments (YZK), and health check-ups (TKK)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

from clinic_terminal.console.code_texts import SEX
from clinic_terminal.exchange.paper.document import Column, Group, Paper, Section
from clinic_terminal.messages.checkups import CheckupItem, CheckupPerson, CheckupResult
from clinic_terminal.messages.history import HistoryPerson, HistoryResult
from clinic_terminal.messages.medicine_trees import (
    ClaimDay,
    ClaimMedicine,
    ClaimMonth,
    DispensedMedicine,
    DispensingDay,
    DispensingMonth,
    PrescribedMedicine,
    PrescriptionDay,
    PrescriptionMonth,
)
from eligibility_api.contract.days import in_era

_Month = ClaimMonth | DispensingMonth | PrescriptionMonth
_Day = ClaimDay | DispensingDay | PrescriptionDay
_Medicine = ClaimMedicine | DispensedMedicine | PrescribedMedicine
_AnyMonth = TypeVar("_AnyMonth", ClaimMonth, DispensingMonth, PrescriptionMonth)

_EMPTY = "該当する情報はありません。"
_LEFT_OUT = "記載する情報はありません。"
"""In place of the former where the patient did not consent to all that was asked for; the result's sentence follows."""
_ORAL = "21"
"""診療識別 of 内服: the number next to it is one of days."""
_PHARMACY_DIGIT = "4"
"""The third digit of a pharmacy's code (点数表)."""

_MEDICINES = (
    Column("調剤日", 21),
    Column("処方日", 21),
    Column("薬剤名［成分］", 54),
    Column("数量", 18),
    Column("用法・特別指示", 43),
    Column("日数・回数", 23),
)
_TREATMENTS = (
    Column("診療日", 17),
    Column("診療行為", 75),
    Column("コード", 20),
    Column("数量", 18),
    Column("回数", 12),
)
_ITEMS = (Column("項目", 60), Column("結果", 50), Column("単位", 20), Column("項目コード", 38))


def medicines_paper(result: HistoryResult, *, with_treatments: bool) -> Paper:
    """The medicines of the three sources, most reliable first; treatments after them where they were asked for."""
    body, left_out = result.body, result.header.message_contents
    empty = _EMPTY if left_out is None else f"{_LEFT_OUT}{left_out}"
    sections = [
        _section("薬剤情報（レセプト）", _MEDICINES, body.claim_months, _medicine_rows, empty),
        _section("調剤情報（電子処方箋）", _MEDICINES, body.dispensing_months, _medicine_rows, empty),
        _section("処方情報（電子処方箋）", _MEDICINES, body.prescription_months, _medicine_rows, empty),
    ]
    if with_treatments:
        acts = _section("診療情報（レセプト）", _TREATMENTS, body.claim_months, _treatment_rows, empty)
        sections.append(acts)
    return Paper(
        title="薬剤情報・診療情報" if with_treatments else "薬剤情報",
        title_en="Medicines and treatments" if with_treatments else "Medicines",
        person=_person(result.header.person),
        sections=sections,
        footer=_footer(result.header.medical_institution_code, result.header.process_execution_time),
    )


def checkups_paper(result: CheckupResult) -> Paper:
    """The items of each check-up."""
    groups = [
        Group(f"{checkup.examined_on.isoformat()} 実施", [_item(item) for item in checkup.items])
        for checkup in result.body.checkups
    ]
    return Paper(
        title="特定健診情報",
        title_en="Health check-ups",
        person=_person(result.header.person),
        sections=[Section("健診結果", _ITEMS, groups, _EMPTY)],
        footer=_footer(result.header.medical_institution_code, result.header.process_execution_time),
    )


def _section(
    heading: str,
    columns: Sequence[Column],
    months: Iterable[_AnyMonth],
    rows: Callable[[_AnyMonth], Iterable[Sequence[str]]],
    empty: str,
) -> Section:
    """A section of the months that have such rows; without any, the sentence `empty`."""
    groups = [Group(_month_heading(month), listed) for month in months if (listed := list(rows(month)))]
    return Section(heading, columns, groups, empty)


def _month_heading(month: _Month) -> str:
    parts = [
        f"{month.month[:4]}年{int(month.month[4:])}月",
        _place(_role(month), month.institution_name, month.institution_code),
        _place("処方元", month.prescriber_name, month.prescriber_code),
    ]
    return "　".join(dict.fromkeys(filter(None, parts)))  # of a prescription both are the same place


def _role(month: _Month) -> str:
    if (month.institution_code or "")[2:3] == _PHARMACY_DIGIT:
        return "調剤薬局"
    return "処方元" if isinstance(month, PrescriptionMonth) else "実施施設"


def _place(role: str, name: str | None, code: str | None) -> str:
    if name is None and code is None:
        return ""
    return f"{role}：{name or ''}" + (f"（{code}）" if code else "")


def _medicine_rows(month: _Month) -> Iterator[Sequence[str]]:
    days: Sequence[_Day] = month.days
    for day in days:
        dispensed_on = None if isinstance(day, PrescriptionDay) else day.dispensed_on
        medicines: Sequence[_Medicine] = day.medicines
        for medicine in medicines:
            yield (
                _day(dispensed_on),
                _day(day.prescribed_on),
                _name(medicine),
                f"{medicine.quantity or ''}{medicine.unit or ''}",
                "　".join(filter(None, (medicine.usage, medicine.instruction))),
                _times(medicine),
            )


def _treatment_rows(month: ClaimMonth) -> Iterator[Sequence[str]]:
    for day in month.days:
        for act in day.treatments:
            yield (
                _day(day.dispensed_on),
                act.name or _NO_NAME,
                act.code or "",
                f"{act.quantity or ''}{act.unit or ''}",
                act.times or "",
            )


_NO_NAME = "名称なし"


def _name(medicine: _Medicine) -> str:
    name = medicine.name or f"{_NO_NAME}（{medicine.code or '－'}）"
    return f"{name}［{medicine.ingredient}］" if medicine.ingredient else name


def _times(medicine: _Medicine) -> str:
    if medicine.times is None:
        return ""
    days = isinstance(medicine, ClaimMedicine) and medicine.category == _ORAL
    return f"{medicine.times}日分" if days else medicine.times


def _item(item: CheckupItem) -> Sequence[str]:
    value = " ".join(filter(None, (item.value, item.value_name)))
    return item.name or _NO_NAME, value or "－", item.unit or "", item.code


def _person(person: HistoryPerson | CheckupPerson | None) -> str:
    if person is None:
        return ""
    name = (person.name or "") + (f"（{person.name_kana}）" if person.name_kana else "")
    born = f"{in_era(person.birth_date)}生（{person.birth_date.year}年）" if person.birth_date else ""
    sex = SEX[person.sex].ja if person.sex is not None else ""
    return "　".join(filter(None, (name, born, sex)))


def _footer(institution_code: str, at: datetime) -> str:
    return f"医療機関等コード {institution_code}　{at:%Y年%-m月%-d日 %H:%M} 作成"


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
