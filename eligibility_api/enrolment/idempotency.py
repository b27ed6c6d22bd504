"""Idempotency of changes: the required key, and the stored answer of each call.

A digest of the request under the fund's key is stored, not its text; the answer contains no personal data.
`known_from` is read from the revision, so a change is not answered before its instant is fixed. The scheduler
deletes answers after seven days.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.columns import table_of
from eligibility_api.enrolment.tables import Idempotency, Revision

_KEY_LOCKS = 3
"""Class of the advisory locks on keys in use."""

_KEY_FORM = re.compile(r"[!-~]{1,64}")

_DIGESTED_KINDS = {"enrolment.unlink": "enrolment.split"}
"""Kinds digested under their earlier name, so that digests stored before their renaming still match."""

_TABLE = table_of(Idempotency)
_REVISION = table_of(Revision)


def idempotency_key(
    key: Annotated[
        str | None,
        Header(
            alias=IDEMPOTENCY_KEY,
            description="Required: 1 to 64 visible ASCII characters, new for each change. The same call with the"
            " same key gets the same answer for seven days, and changes nothing more.",
        ),
    ] = None,
) -> str:
    """FastAPI dependency: the idempotency key of a request. Raises `idempotency-key-missing`."""
    if key is None or not _KEY_FORM.fullmatch(key):
        raise ShikakuError("idempotency-key-missing")
    return key


@dataclass(frozen=True, slots=True)
class Call:
    """A call by an insurer: its key, and the digest of its request."""

    insurer_number: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, insurer_number: str, key: str, kind: str, request: BaseModel, *, secret: bytes) -> Call:
        """Build the call of `kind` with this request."""
        return cls(insurer_number, key, request_digest(kind, request, secret=secret))


def request_digest(kind: str, request: BaseModel, *, secret: bytes) -> bytes:
    """Return a keyed digest that identifies a request.

    Without the secret, personal data could be guessed from it.
    """
    message = f"idempotency\0{_DIGESTED_KINDS.get(kind, kind)}\0{request.model_dump_json(exclude_none=True)}"
    return hmac.digest(secret, message.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer of an earlier call, and the time until its change is visible."""

    answer: dict[str, Any]
    ahead: timedelta


async def stored_answer(connection: AsyncConnection, call: Call) -> StoredAnswer | None:
    """Return the stored answer of this call; None for a new one, whose key is locked until the commit.

    Raises `idempotency-key-reused` when the key was used with another request.
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
    return StoredAnswer(row.answer | {"known_from": row.published_at}, row.ahead)


async def store_answer(
    connection: AsyncConnection, call: Call, answer: dict[str, Any], revision: int
) -> None:
    """Store the answer in the transaction of the change."""
    values = {
        "insurer_number": call.insurer_number,
        "key": call.key,
        "digest": call.digest,
        "answer": answer,
        "revision": revision,
    }
    await connection.execute(insert(_TABLE).values(**values))
