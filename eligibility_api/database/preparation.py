"""Prepares an outside server for the fund: its roles, its database, and who may connect.

`embedded_postgres.cluster` does the same for the embedded server. Every step may be repeated.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from eligibility_api.database.migrate import CONNECT_SECONDS, check_version
from eligibility_api.database.servers import Servers, split
from eligibility_api.embedded_postgres.cluster import ROLES, Role, provision, role_name
from eligibility_api.embedded_postgres.server import SETTINGS
from eligibility_api.platform.errors import OperatorError

_ITERATIONS = 4096
"""PostgreSQL's own number (`scram_iterations`)."""

_REWIND_FUNCTIONS = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)
"""What pg_rewind executes when its role is no superuser (PostgreSQL, pg_rewind, "Notes")."""


async def prepare(
    admin_dsn: str, addresses: Mapping[Role, str], *, rewind_role: str | None = None
) -> list[str]:
    """Create what is missing of roles and database, as a superuser; returns what an operator should know of the server.

    `addresses`: of each role, with its password. They name the same database. Raises OperatorError, and asyncpg's errors.
    """
    database = _database(addresses)
    passwords = {role: _password(role, addresses[role]) for role in ROLES}
    async with _Session(admin_dsn) as admin:
        check_version(admin.get_server_version().major)
        if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            raise OperatorError("FUND_DATABASE_ADMIN_URL must be the address of a superuser.")
        if rewind_role is not None and not await _exists(admin, "pg_roles", "rolname", rewind_role):
            raise OperatorError("The server has no role of that name for rewinding: Patroni creates it.")
        for role, password in passwords.items():
            await _create_role(admin, role_name(role), password)
        await admin.execute(f"GRANT pg_read_all_stats TO {role_name('owner')}")
        await _create_database(admin, database)
        if rewind_role is not None:
            await _let_rewind(admin, rewind_role)
        advice = await _advice(admin)
    async with _Session(admin_dsn, database=database) as inside:
        await inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    return advice


class _Session:
    """One connection of the superuser, closed at the end."""

    def __init__(self, dsn: str, **arguments: Any) -> None:
        self._servers = Servers(dsn, seconds=CONNECT_SECONDS, command_timeout=60.0, **arguments)

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection: asyncpg.Connection = await self._servers.connect()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


def _database(addresses: Mapping[Role, str]) -> str:
    names = {unquote(urlsplit(split(dsn)[0]).path[1:]) for dsn in addresses.values()}
    name = names.pop()
    if names or not name:
        raise OperatorError("The addresses of the roles must all name one and the same database.")
    if '"' in name or "\0" in name:
        raise OperatorError("The name of the database holds a character that none may have.")
    return name


def _password(role: Role, dsn: str) -> str | None:
    login = urlsplit(split(dsn)[0]).netloc.rpartition("@")[0]
    name, _, password = login.partition(":")
    if unquote(name) != role_name(role):
        raise OperatorError(f"The address for the role {role_name(role)} names another role.")
    return unquote(password) or None


async def _create_role(admin: asyncpg.Connection, name: str, password: str | None) -> None:
    if not await _exists(admin, "pg_roles", "rolname", name):
        await admin.execute(f"CREATE ROLE {name} LOGIN")
    if password is not None:
        # The server, its log and its statistics see the verifier only.
        await admin.execute(f"ALTER ROLE {name} LOGIN PASSWORD '{scram_verifier(password)}'")


async def _create_database(admin: asyncpg.Connection, name: str) -> None:
    create, *rights = provision(name)
    encoding = await admin.fetchval(
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = $1", name
    )
    if encoding is None:
        # As the embedded one: texts sort alike on every machine.
        await admin.execute(
            f"{create} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        )
    elif encoding != "UTF8":
        raise OperatorError(f"The database that exists has the encoding {encoding}; the fund's has UTF8.")
    else:
        await admin.execute(f'ALTER DATABASE "{name}" OWNER TO {role_name("owner")}')
    for statement in rights:
        await admin.execute(statement)


async def _let_rewind(admin: asyncpg.Connection, role: str) -> None:
    """Let a former primary be rewound by `role`, which connects to the database postgres."""
    quoted = await admin.fetchval("SELECT quote_ident($1)", role)
    await admin.execute(f"GRANT CONNECT ON DATABASE postgres TO {quoted}")
    for function in _REWIND_FUNCTIONS:
        await admin.execute(f"GRANT EXECUTE ON FUNCTION pg_catalog.{function} TO {quoted}")


async def _advice(admin: asyncpg.Connection) -> list[str]:
    found = {
        name: await admin.fetchval("SELECT current_setting($1)", name)
        for name in (
            "max_locks_per_transaction",
            "synchronous_standby_names",
            "fsync",
            "log_min_error_statement",
        )
    }
    advice = []
    locks = SETTINGS["max_locks_per_transaction"]
    if int(found["max_locks_per_transaction"]) < int(locks):
        advice.append(
            f"Set max_locks_per_transaction = {locks}: a statement over the whole record locks every partition."
        )
    if not found["synchronous_standby_names"]:
        advice.append(
            "There is no synchronous standby: if this server is lost, records of answers may be lost."
        )
    if found["fsync"] != "on":
        advice.append("Set fsync = on: what was answered would be lost with the machine.")
    if found["log_min_error_statement"] != SETTINGS["log_min_error_statement"]:
        advice.append("Set log_min_error_statement = panic: a statement that fails may hold a person's data.")
    return advice


async def _exists(admin: asyncpg.Connection, table: str, column: str, name: str) -> bool:
    found: bool = await admin.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE {column} = $1)", name)  # noqa: S608 - names of ours
    return found


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """The text that PostgreSQL stores for a password (SCRAM-SHA-256, RFC 5802 and 7677).

    Raises OperatorError for a password of other than ASCII characters, which programs prepare differently.
    """
    if not password.isascii() or not password.isprintable():
        raise OperatorError("A password of a database role has printable ASCII characters only.")
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    coded = [b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{coded[0]}${coded[1]}:{coded[2]}"
