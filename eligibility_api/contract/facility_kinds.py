"""What facilities of each kind may do, and what they are shown, as data: `facility_kinds.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.history import CareSetting, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityKindEntry:
    """The properties of a kind of facility; see the head of `facility_kinds.toml`."""

    rights: frozenset[Right]
    address: bool
    medical: bool
    records: frozenset[Origin]
    setting: CareSetting


def _read() -> dict[FacilityKind, FacilityKindEntry]:
    data = tomllib.loads(files(__package__).joinpath("facility_kinds.toml").read_text(encoding="utf-8"))
    return {FacilityKind(name): _entry(**row) for name, row in data.items()}


def _entry(
    *, rights: list[str], records: list[str], setting: str, address: bool, medical: bool
) -> FacilityKindEntry:
    return FacilityKindEntry(
        rights=frozenset(map(Right, rights)),
        address=address,
        medical=medical,
        records=frozenset(map(Origin, records)),
        setting=CareSetting(setting),
    )


FACILITY_KINDS = _read()
"""Every kind of facility."""

MEDICAL_KINDS = frozenset(kind for kind, entry in FACILITY_KINDS.items() if entry.medical)
"""The kinds to which medical data may be disclosed."""


def kinds_recording(origin: Origin) -> frozenset[FacilityKind]:
    """The kinds that record entries of this origin."""
    return frozenset(kind for kind, entry in FACILITY_KINDS.items() if origin in entry.records)
