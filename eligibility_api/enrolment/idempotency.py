"""The same call twice is one change: what was answered to an idempotency key. The keeper forgets it after seven days.

The request's text is not kept, but a digest under the fund's key; the answer holds nothing personal. `known_from` is
not kept either: the revision has it, and so a change is not answered before it is fixed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.columns import table_of
from eligibility_api.enrolment.tables import Idempotency, Revision

_KEY_LOCKS = 3
"""The class of advisory locks that stand for keys in use."""

_TABLE = table_of(Idempotency)
_REVISION = table_of(Revision)


@dataclass(frozen=True, slots=True)
class Call:
    """A call by an insurer: its key, and what tells whether another is the same."""

    insurer_number: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, insurer_number: str, key: str, kind: str, request: BaseModel, *, secret: bytes) -> Call:
        """The call of `kind` with this request."""
        return cls(insurer_number, key, request_digest(kind, request, secret=secret))


def request_digest(kind: str, request: BaseModel, *, secret: bytes) -> bytes:
    """What tells whether two requests are the same. Under a secret: few bits of a person could be guessed from it."""
    message = f"idempotency\0{kind}\0{request.model_dump_json(exclude_none=True)}"
    return hmac.digest(secret, message.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Former:
    """What was answered before, and how long until that shows."""

    answer: dict[str, Any]
    ahead: timedelta


async def former(connection: AsyncConnection, call: Call) -> Former | None:
    """What was answered to this call before; None for a new one, whose key is then held until the commit.

    Raises `idempotency-key-reused` where the key came with another request.
    """
    name = func.hashtext(f"{call.insurer_number} {call.key}")
    await connection.execute(select(func.pg_advisory_xact_lock(_KEY_LOCKS, name)))
    ahead = _REVISION.c.published_at - func.clock_timestamp()
    statement = (
        select(_TABLE.c.digest, _TABLE.c.answer, _REVISION.c.published_at, ahead.label("ahead"))
        .join(_REVISION, _REVISION.c.revision == _TABLE.c.revision)
        .where(_TABLE.c.insurer_number == call.insurer_number, _TABLE.c.key == call.key)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    if not hmac.compare_digest(row.digest, call.digest):
        raise ShikakuError("idempotency-key-reused")
    return Former(row.answer | {"known_from": row.published_at}, row.ahead)


async def keep(connection: AsyncConnection, call: Call, answer: dict[str, Any], revision: int) -> None:
    """Keep what is answered, with the change and in its transaction."""
    values = {
        "insurer_number": call.insurer_number,
        "key": call.key,
        "digest": call.digest,
        "answer": answer,
        "revision": revision,
    }
    await connection.execute(insert(_TABLE).values(**values))
