"""Claims and entries as input of the rules: plain ones with changed fields."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.claims import Content, Drug
from eligibility_api.domain.history import HistoryRecord

CLINIC, OTHER_CLINIC, PHARMACY = "1311111114", "0110113719", "1340100013"
MONTH = date(2026, 5, 1)
DAY = date(2026, 5, 10)
NOW = datetime(2026, 7, 20, 3, tzinfo=UTC)

PLAIN_DRUG = Drug(code="990000101", quantity="1", act="21", times=14)
PLAIN_CONTENT = Content(None, None, None, (), (), ())


def drug(**more: Any) -> Drug:
    """A tablet for 14 days."""
    return PLAIN_DRUG._replace(**more)


def content(*drugs: Drug, **more: Any) -> Content:
    """A claim's content with these drugs."""
    return PLAIN_CONTENT._replace(drugs=drugs, **more)


def known(of: Content = PLAIN_CONTENT, **more: Any) -> HistoryRecord:
    """A clinic's claim of May 2026."""
    plain = HistoryRecord(
        number=1,
        origin=Origin.CLAIM,
        known_from=datetime(2026, 6, 10, 15, tzinfo=UTC),
        identity=b"",
        institution_code=CLINIC,
        setting=CareSetting.OUTPATIENT,
        month=MONTH,
        claim_month=date(2026, 6, 1),
        content=of,
    )
    return plain._replace(**more)


def pharmacy(of: Content, **more: Any) -> HistoryRecord:
    """A pharmacy's claim of May 2026."""
    return known(of, **{"institution_code": PHARMACY, "setting": CareSetting.PHARMACY} | more)


def registered(on: date) -> datetime:
    """Noon in Japan of a day: when an entry of that day was registered."""
    return datetime(on.year, on.month, on.day, 3, tzinfo=UTC)


def dispensing(
    on: date = DAY, prescribed_on: date = DAY, prescriber: str = CLINIC, **more: Any
) -> HistoryRecord:
    """A dispensing recorded at once."""
    prescribed = content(drug(), prescriber_code=prescriber)
    plain = pharmacy(
        prescribed,
        origin=Origin.DISPENSING,
        known_from=registered(on),
        claim_month=None,
        dispensed_on=on,
        prescribed_on=prescribed_on,
    )
    return plain._replace(**more)


def prescription(on: date = DAY, institution: str = CLINIC, **more: Any) -> HistoryRecord:
    """A prescription recorded at once."""
    prescribed = content(drug(), prescriber_code=institution)
    plain = known(
        prescribed,
        origin=Origin.PRESCRIPTION,
        known_from=registered(on),
        claim_month=None,
        prescribed_on=on,
        institution_code=institution,
    )
    return plain._replace(**more)


def on_site(on: date = DAY, institution: str = CLINIC, **more: Any) -> HistoryRecord:
    """A medicine that a clinic dispensed itself, recorded at once."""
    given = content(drug(), prescriber_code=None)
    plain = known(
        given,
        origin=Origin.ON_SITE,
        known_from=registered(on),
        claim_month=None,
        prescribed_on=on,
        dispensed_on=on,
        institution_code=institution,
    )
    return plain._replace(**more)
