"""Table of medical tickets, bitemporal like enrolment: the days, and when the fund knew."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class MedicalTicketVersion(SQLModel, table=True):
    """One version of one ticket: never changed, only closed. `month` is the month's first day."""

    __tablename__ = "medical_ticket"

    version: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    entitlement: int = Field(foreign_key="entitlement.entitlement", sa_type=BigInteger)
    opened_by: int = Field(foreign_key="revision.revision", sa_type=BigInteger)
    closed_by: int | None = Field(default=None, foreign_key="revision.revision", sa_type=BigInteger)
    ticket_type: str
    month: date
    institution_code: str
    institution_name: str | None
    treatment: str
    single_or_combined: str
    valid_from: date
    valid_to: date
    issue_number: str | None
    self_pay: int | None
