"""Records of what is done to the fund itself: by a command, or by the service at its start.

No client does it, so who did it is the operating-system user; names that a command is given are recorded as well.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.database.columns import table_of

RECORD = table_of(AuditRecord)

MAX_USER_LENGTH = 64
"""Characters of the user's name that are recorded."""


def operating_user(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the process's real user; of the superuser behind `sudo`, also who called it, as sudo says."""
    name = _user_name(os.getuid())
    caller = environment.get("SUDO_UID", "")
    if os.getuid() != 0 or not (caller.isascii() and caller.isdecimal() and len(caller) <= 10):
        return name
    return f"{name} (sudo: {_user_name(int(caller))})"


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name[:MAX_USER_LENGTH]
    except (KeyError, OverflowError):
        return f"uid {uid}"


async def record_act(
    connection: AsyncConnection, kind: str, detail: Mapping[str, Any] | None = None, **columns: Any
) -> None:
    """Append the record of an act in the transaction of the act. `columns`: other columns of the record."""
    await record_acts(connection, kind, [columns | {"detail": dict(detail or {})}])


async def record_acts(connection: AsyncConnection, kind: str, rows: list[dict[str, Any]]) -> None:
    """Append one record for each of `rows` (columns of the record, `detail` among them)."""
    shared = {"kind": kind, "outcome": "done"}
    user = {"os_user": operating_user()}
    values = [shared | row | {"detail": row.get("detail", {}) | user} for row in rows]
    if values:
        await connection.execute(insert(RECORD), values)
