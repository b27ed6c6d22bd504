"""SQL parts for what the fund knows now, or knew at an instant, about `enrolment e`.

A version is known from the instant of the revision that opened it until the instant of the revision that
closed it. A revision in preparation has no instant, so its versions are not visible.
"""


def known_at(instant: str, *, of: str = "e") -> str:
    """The joins for what was known at `instant` (an SQL expression); to be used with `NOT_SUPERSEDED`.

    `of` is the alias of the table of versions.
    """
    return f"""
    JOIN revision o ON o.revision = {of}.opened_by AND o.published_at <= {instant}
    LEFT JOIN revision c ON c.revision = {of}.closed_by AND c.published_at <= {instant}
"""


KNOWN_NOW = known_at("now()")

NOT_SUPERSEDED = "c.revision IS NULL"


def days_of(version: str) -> str:
    """The days of a version (an alias), for comparison with other days.

    Deliberately not the expression of the index `enrolment_once`: a planner without statistics would search
    everybody's versions for these days in it.
    """
    return f"daterange({version}.acquired_on, {version}.lost_on, '[)')"
