"""What the fund knows now, or knew at an instant, as parts of a statement over `enrolment e`.

A version is known from the instant of the revision that opened it to that of the one that closed it. Revisions that
are still being prepared have no instant, and show nothing.
"""


def known_at(instant: str, *, of: str = "e") -> str:
    """The joins of what was known at `instant` (an expression), to be completed by the condition `NOT_SUPERSEDED`.

    `of` is the alias of the table of versions.
    """
    return f"""
    JOIN revision o ON o.revision = {of}.opened_by AND o.published_at <= {instant}
    LEFT JOIN revision c ON c.revision = {of}.closed_by AND c.published_at <= {instant}
"""


KNOWN_NOW = known_at("now()")

NOT_SUPERSEDED = "c.revision IS NULL"
