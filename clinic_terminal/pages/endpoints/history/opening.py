"""Who may open a history, and which: a pharmacist, doctor or dentist, by the id of a visit of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from clinic_terminal.exchange.operator import Operator
from clinic_terminal.pages.history.reading import Reading
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Session, ThisSite
from clinic_terminal.store.records import Visit
from eligibility_api.contract.categories import MEDICAL_ROLES
from eligibility_api.contract.member_items import Enrolment
from screens.web.site import RoleRequired


class MedicalRoleRequired(RoleRequired):
    """The page is for pharmacists, doctors and dentists."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An operator at a visit's history."""

    session: DeskSession
    operator: Operator
    visit: Visit
    reading: Reading

    @property
    def path(self) -> str:
        """The address of the history: the visit's random id says nothing about the person."""
        return f"/history/{self.visit.visit_id}"

    @property
    def person(self) -> Enrolment | None:
        """The visit's person as the fund named her; None if the visit found nobody."""
        answer = self.visit.answer
        return answer.results[0] if answer is not None and answer.results else None


def medical_operator(session: Session) -> Operator:
    """The operator who is logged in. Raises LogInRequired, MedicalRoleRequired."""
    operator = session.operator
    if operator is None or operator.role not in MEDICAL_ROLES:
        raise MedicalRoleRequired
    return operator


def opened(
    site: ThisSite, session: Session, operator: Annotated[Operator, Depends(medical_operator)], visit_id: str
) -> Opened:
    """The visit with this id and what is read of its history. Raises a 404 for one that is not of today."""
    visit = site.visit(visit_id)
    if visit is None:
        raise HTTPException(404)
    return Opened(session, operator, visit, site.readings.of(session, site.terminal, visit, operator))


ThisHistory = Annotated[Opened, Depends(opened)]
