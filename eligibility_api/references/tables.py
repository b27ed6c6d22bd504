"""Reference numbers: one for each facility and entitlement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class ReferenceNumber(SQLModel, table=True):
    """The number by which a facility knows the holder of an entitlement; a later registration replaces it."""

    __tablename__ = "reference_number"

    institution_code: str = Field(primary_key=True, foreign_key="facility.institution_code")
    entitlement: int = Field(primary_key=True, foreign_key="entitlement.entitlement", sa_type=BigInteger)
    reference_number: str
    registered_at: datetime = instant()
