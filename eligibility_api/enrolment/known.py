"""What the fund knows now, as parts of a statement over `enrolment e`.

A version is known from the instant of the revision that opened it to that of the one that closed it. Revisions that
are still being prepared have no instant, and show nothing.
"""

KNOWN_NOW = """
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
"""

NOT_SUPERSEDED = "c.revision IS NULL"
