"""The servers of a database address, and connections to the one of them that accepts writing.

An address may name several servers, such as a primary and its standbys. Its spellings differ between programs, and
drivers misread some of them silently; so an address is read here, and each driver is given one server at a time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from eligibility_api.database.db_errors import is_outage
from eligibility_api.platform.errors import OperatorError

SERVER_SECONDS = 0.5
"""How long one of several servers may take to accept a connection: one that hangs must not hide the next.

The last good one has the rest of the time: a primary that is merely slow is not taken for lost.
"""

MAX_SERVERS = 4
"""All of them are asked within the two seconds that a request waits for a connection."""

MAX_ADDRESS = 4000
"""Characters of an address."""

_DEFAULT_PORT = 5432
_SCHEME = re.compile(r"postgres(ql)?(\+[a-z0-9]{1,20})?", re.ASCII)
_HOST_AND_PORT = re.compile(
    r"(?P<host>/.{0,255}|\[[^\[\]]{1,100}\]|[^:\[\]/\s]{1,255})(:(?P<port>[0-9]{0,5}))?", re.ASCII | re.DOTALL
)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_WRITING = frozenset({"read-write", "primary"})

_NOT_READ = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "requirepeer",
        "tcp_user_timeout",
    }
)
"""Parameters of libpq that the driver does not know, and would send to the server as settings."""

_REFUSALS = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)

Connect = Callable[..., Awaitable[Any]]
"""`asyncpg.connect`. Raises OSError, TimeoutError, asyncpg's errors."""


class Servers:
    """The servers of one address, asked one by one for a connection that may write; the last good one first.

    A process has one for each `Database`, so that all its connections know which server is the primary.
    """

    def __init__(
        self, dsn: str, *, seconds: float, connect: Connect = asyncpg.connect, **session: Any
    ) -> None:
        """`seconds` limits the wait for all servers together; `session` are the driver's other arguments.

        Raises OperatorError for an address that cannot be read.
        """
        self._dsns = split(dsn)
        others = len(self._dsns) - 1
        self._seconds = [seconds - others * SERVER_SECONDS, *[SERVER_SECONDS] * others]
        """By place in the order in which they are asked."""
        self._connect = connect
        self._session = session
        self._last_good = 0

    async def connect(self) -> Any:
        """A new connection to the server that accepts writing.

        If there is none, raises what one of them said: rather an outage, which ends by itself, than another refusal.
        """
        refusals: list[Exception] = []
        for number, seconds in zip(self._order(), self._seconds, strict=True):
            try:
                connection = await self._connect(
                    self._dsns[number],
                    timeout=seconds,
                    target_session_attrs="read-write",
                    **self._session,
                )
            except _REFUSALS as error:
                refusals.append(error)
                continue
            self._last_good = number
            return connection
        raise next(filter(is_outage, refusals), refusals[0])

    def _order(self) -> Sequence[int]:
        others = [number for number in range(len(self._dsns)) if number != self._last_good]
        return [self._last_good, *others]


def split(dsn: str) -> tuple[str, ...]:
    """One address for each server that `dsn` names, in its order, in the one spelling that every driver reads alike.

    Read are libpq's URIs (PostgreSQL 34.1.1.2), with hosts and ports in either place. Raises OperatorError for what
    programs read differently, and for what would be sent to a server that cannot write; the text holds no password.
    """
    if len(dsn) > MAX_ADDRESS:
        raise OperatorError(f"A database address has at most {MAX_ADDRESS} characters.")
    scheme, separator, rest = dsn.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme):
        raise OperatorError("A database address is a URI: postgresql://role:password@host:5432/database.")
    # The driver's name in the scheme is SQLAlchemy's, and says nothing about the server.
    try:
        address = urlsplit(f"postgresql://{rest}")
    except ValueError as error:
        raise OperatorError(
            "The login or a host of the address cannot be read: write other characters than letters and digits as %XX."
        ) from error
    if address.fragment:
        raise OperatorError("A database address has no #: write %23 in a password.")
    parameters = _parameters(address.query)
    login, at, netloc = address.netloc.rpartition("@")
    servers = _servers(netloc.split(",") if netloc else [], parameters)
    if parameters.pop("target_session_attrs", "read-write") not in _WRITING:
        raise OperatorError("target_session_attrs must be read-write: every role of the fund writes.")
    start = f"postgresql://{_login(login)}{at}/{quote(unquote(address.path[1:]), safe='')}"
    ends = [urlencode(server | parameters, quote_via=quote, safe="") for server in servers]
    return tuple(dict.fromkeys(f"{start}?{end}" if end else start for end in ends))


def _login(login: str) -> str:
    role, colon, password = login.partition(":")
    return f"{quote(unquote(role), safe='')}{colon}{quote(unquote(password), safe='')}"


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as error:
        raise OperatorError("The part of a database address after ? is not name=value&name=value.") from error
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        repeated = sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1})
        raise OperatorError(
            f"The address gives {', '.join(repeated)} more than once, of which programs read different ones:"
            " write host=h1,h2&port=5432,5433, or h1:5432,h2:5433 before the database."
        )
    if unread := sorted(_NOT_READ & parameters.keys()):
        raise OperatorError(f"Leave {', '.join(unread)} out of the address: the fund does not use it.")
    return {name: value for name, value in parameters.items() if value}


def _servers(hosts: list[str], parameters: dict[str, str]) -> list[dict[str, str]]:
    """`host` and `port` of each server; taken out of `parameters`. Without any host the driver's own default."""
    queried, ports = parameters.pop("host", ""), parameters.pop("port", "")
    if hosts and queried:
        raise OperatorError(
            "The address names hosts before the database and as host=: write them in one place."
        )
    decode = unquote if hosts else str  # the query is decoded already
    hosts = hosts or (queried.split(",") if queried else [])
    if len(hosts) > MAX_SERVERS:
        raise OperatorError(f"A database address names at most {MAX_SERVERS} servers.")
    if not hosts:
        return [{"port": _port(ports)} if ports else {}]
    found = [_HOST_AND_PORT.fullmatch(host) for host in hosts]
    if not all(found):
        raise OperatorError(
            "The address names a host that cannot be read: write h1:5432,h2:5432 or [::1]:5432."
        )
    names = [decode(match["host"]) for match in found if match]
    own = [match["port"] for match in found if match]
    if ports and any(own):
        raise OperatorError("The address names ports at its hosts and as port=: write them in one place.")
    listed = ports.split(",") if ports else [port or str(_DEFAULT_PORT) for port in own]
    if len(listed) == 1:
        listed *= len(names)
    if len(listed) != len(names):
        raise OperatorError("The address names one port for all hosts, or as many ports as hosts.")
    return [{"host": name, "port": _port(port)} for name, port in zip(names, listed, strict=True)]


def _port(text: str) -> str:
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise OperatorError("A port of the address is no number from 1 to 65535.")
    return str(int(text))
