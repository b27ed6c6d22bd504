"""Who works at this facility, and in whose name medical files are requested."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clinic_terminal.settings import TerminalSettings
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history_query import Staff


class DeskRole(StrEnum):
    """What an operator is at this facility."""

    RECEPTION = "reception"
    PHARMACIST = "pharmacist"
    DOCTOR = "doctor"
    DENTIST = "dentist"
    ADMINISTRATOR = "administrator"
    """Manages operators and sees the terminal's state; the fund knows no such role."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of staff and the role, as the facility asserts them; the fund records both."""

    role: Role
    name: str

    def staff(self) -> Staff:
        """The same as the fund's calls name it."""
        return Staff(self.role, self.name)


def operator_of(settings: TerminalSettings) -> Operator | None:
    """The operator that the facility's administrator set; None unless both name and role are set."""
    if settings.exchange_operator is None or settings.exchange_role is None:
        return None
    return Operator(settings.exchange_role, settings.exchange_operator)
