"""What an operator types of a prescription or dispensing, and the requests that the published interface makes of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.claim_codes import USAGES
from eligibility_api.contract.codes import Role
from eligibility_api.contract.duplicate_checks import (
    CheckedMedicine,
    DuplicateCheckRequest,
    PrescriptionReference,
)
from eligibility_api.contract.history import Medicine, Origin
from eligibility_api.contract.prescriptions import (
    RECORDING_ROLES,
    DispensingRequest,
    OnSiteRequest,
    PrescribedMedicine,
    Prescriber,
    PrescriptionRequest,
)
from eligibility_api.contract.wire import Day

LINES = 4
"""Empty lines of a new form; as many are added on demand."""

MAX_LINES = 40

MAX_CELL, MAX_TEXT = 20, 200
"""Characters of a number or day, and of a text; more is refused before it is read."""

EntryRequest = PrescriptionRequest | OnSiteRequest | DispensingRequest

_USAGE_CODES = {name: code for code, name in USAGES.items() if name}
_DAY: TypeAdapter[date] = TypeAdapter(Day)
_USAGE_CODE_DIGITS = 3


class TypedLine(NamedTuple):
    """One medicine as it was typed. `usage`: a name or code of the table of usages, or a text."""

    code: str = ""
    act: str = "21"
    quantity: str = ""
    usage: str = ""
    times: str = ""
    instruction: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed; the kind of act is always chosen."""
        return not any(cell.strip() for cell in (self.code, self.quantity, self.usage, self.times))


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """What was typed. `day`: of prescribing, for a dispensing of dispensing; the prescriber only for the latter."""

    kind: Origin
    day: str = ""
    lines: tuple[TypedLine, ...] = ()
    prescribed_by: str = ""
    prescriber_name: str = ""
    prescribed_on: str = ""
    same_institution: bool = False

    def cut(self) -> TypedEntry:
        """The same as it is shown again: what is longer than any text may be is cut."""
        lines = tuple(TypedLine(*(cell[:MAX_TEXT] for cell in line)) for line in self.lines)
        texts = {name: getattr(self, name)[:MAX_TEXT] for name in _FIELDS_OF_ENTRY}
        return replace(self, lines=lines, **texts)

    @property
    def shown_lines(self) -> tuple[TypedLine, ...]:
        """The lines of the form: what was typed, and empty ones."""
        missing = max(LINES - len(self.lines), 0)
        return self.lines + (TypedLine(),) * missing


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that was understood: what is checked, and what is registered after that."""

    check: DuplicateCheckRequest
    request: EntryRequest
    kind: Origin

    @property
    def medicines(self) -> Sequence[PrescribedMedicine]:
        """The medicines."""
        return self.request.medicines

    @property
    def prescribed_on(self) -> date:
        """The day of prescribing."""
        request = self.request
        return request.dispensed_on if isinstance(request, OnSiteRequest) else request.prescribed_on


class Untypable(Exception):
    """A field cannot be understood: its id and the key of the sentence."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(field)
        self.field, self.key = field, key


def kinds_of(role: Role) -> tuple[Origin, ...]:
    """The kinds of entries that a role may record; the first one is the usual one. Facilities are the fund's to judge."""
    return tuple(origin for origin, roles in RECORDING_ROLES.items() if role in roles)


def of_prescription(rows: Iterable[Medicine], today: date) -> TypedEntry:
    """The dispensing today of a prescription: its rows of the patient's list, as if they had been typed."""
    medicines = list(rows)
    first = medicines[0]
    return TypedEntry(
        kind=Origin.DISPENSING,
        day=today.isoformat(),
        lines=tuple(_typed(row) for row in medicines[:MAX_LINES]),
        prescribed_by=first.institution.institution_code,
        prescriber_name=first.institution.institution_name or "",
        prescribed_on=first.on.isoformat() if first.on is not None else "",
    )


def read(typed: TypedEntry, identified_by: UUID, consent_id: UUID | None) -> Entry:
    """The requests of what was typed about the patient of an answer. Raises Untypable."""
    _check_lengths(typed)
    lines = [(place, line) for place, line in enumerate(typed.lines) if not line.is_empty]
    if not lines:
        raise Untypable("code-0", "history.check-no-medicine")
    medicines = [_medicine(place, line) for place, line in lines]
    day = _day(typed.day, "day")
    prescriber, prescribed_on = _prescription(typed) if typed.kind is Origin.DISPENSING else (None, day)
    check = DuplicateCheckRequest(
        identified_by=identified_by,
        on=day,
        prescription=None
        if prescriber is None
        else PrescriptionReference(institution_code=prescriber.institution_code, prescribed_on=prescribed_on),
        same_institution=typed.same_institution,
        consent_id=consent_id,
        medicines=[
            CheckedMedicine(drug_code=one.drug_code, act=one.act, times=one.times) for one in medicines
        ],
    )
    request: EntryRequest
    if prescriber is not None:
        request = DispensingRequest(
            identified_by=identified_by,
            prescribed_on=prescribed_on,
            dispensed_on=day,
            prescriber=prescriber,
            medicines=medicines,
        )
    elif typed.kind is Origin.ON_SITE:
        request = OnSiteRequest(identified_by=identified_by, dispensed_on=day, medicines=medicines)
    else:
        request = PrescriptionRequest(identified_by=identified_by, prescribed_on=day, medicines=medicines)
    return Entry(check, request, typed.kind)


def usage_of(medicine: PrescribedMedicine) -> str:
    """The usage in words."""
    code = medicine.usage_code or ""
    return medicine.usage or USAGES.get(code) or code


_FIELDS = {
    "drug_code": ("code", "history.check-code"),
    "quantity": ("quantity", "history.entry-quantity-fault"),
    "usage_code": ("usage", "history.entry-usage-fault"),
    "usage": ("usage", "history.entry-usage-fault"),
    "instruction": ("instruction", "history.entry-instruction-fault"),
    "times": ("times", "history.check-times"),
    "act": ("act", "history.check-times"),
}
"""Of each field of a medicine: the field of the form, and the sentence about a fault."""


_FIELDS_OF_ENTRY = {
    "day": ("day", "history.check-day", MAX_CELL),
    "prescribed_by": ("prescribed-by", "history.check-institution", MAX_CELL),
    "prescriber_name": ("prescriber-name", "history.entry-name-fault", MAX_TEXT),
    "prescribed_on": ("prescribed-on", "history.check-day", MAX_CELL),
}
"""Of each text beside the medicines: the field of the form, the sentence about a fault, and its characters."""


def _check_lengths(typed: TypedEntry) -> None:
    for name, (field, key, max_length) in _FIELDS_OF_ENTRY.items():
        if len(getattr(typed, name)) > max_length:
            raise Untypable(field, key)
    for place, line in enumerate(typed.lines):
        for field, key in _FIELDS.values():
            if len(getattr(line, field)) > (MAX_TEXT if field in ("usage", "instruction") else MAX_CELL):
                raise Untypable(f"{field}-{place}", key)


def _medicine(place: int, line: TypedLine) -> PrescribedMedicine:
    times = _folded(line.times)
    if not (times.isascii() and times.isdecimal()):
        raise Untypable(f"times-{place}", "history.check-times")
    fields: dict[str, Any] = {
        "drug_code": _folded(line.code),
        "act": line.act,
        "quantity": _folded(line.quantity),
        "times": int(times),
        "instruction": line.instruction.strip() or None,
        **_usage(line.usage),
    }
    try:
        return PrescribedMedicine.model_validate(fields)
    except ValidationError as error:
        field, key = _FIELDS[str(error.errors()[0]["loc"][0])]
        raise Untypable(f"{field}-{place}", key) from error


def _usage(text: str) -> dict[str, str]:
    folded = _folded(text)
    if len(folded) == _USAGE_CODE_DIGITS and folded.isascii() and folded.isdecimal():
        return {"usage_code": folded}
    if code := _USAGE_CODES.get(text.strip()):
        return {"usage_code": code}
    return {"usage": text.strip()} if text.strip() else {}


def _prescription(typed: TypedEntry) -> tuple[Prescriber, date]:
    fields = {
        "institution_code": _folded(typed.prescribed_by),
        "institution_name": typed.prescriber_name.strip(),
    }
    try:
        prescriber = Prescriber.model_validate(fields)
    except ValidationError as error:
        is_code = error.errors()[0]["loc"][0] == "institution_code"
        raise Untypable(
            "prescribed-by" if is_code else "prescriber-name",
            "history.check-institution" if is_code else "history.entry-name-fault",
        ) from error
    return prescriber, _day(typed.prescribed_on, "prescribed-on")


def _day(text: str, field: str) -> date:
    try:
        return _DAY.validate_python(_folded(text))
    except ValidationError as error:
        raise Untypable(field, "history.check-day") from error


def _typed(row: Medicine) -> TypedLine:
    return TypedLine(
        code=row.drug_code,
        act=row.act or "21",
        quantity=row.quantity or "",
        usage=row.usage or row.usage_code or "",
        times=str(row.times or ""),
        instruction=row.instruction or "",
    )


def _folded(text: str) -> str:
    """A cell in half width, as it is meant however it was typed."""
    return unicodedata.normalize("NFKC", text).strip()
