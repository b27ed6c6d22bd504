"""An address of several servers is read the same by everybody, and the primary is found whichever of them hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from eligibility_api.database import servers as servers_module
from eligibility_api.database.servers import MAX_ADDRESS, SERVER_SECONDS, Servers, split
from eligibility_api.platform.errors import OperatorError

pytestmark = pytest.mark.anyio

START = "postgresql://r:p@"


def dialled(dsn: str) -> tuple[Any, Any]:
    """Where the driver connects to, and as whom."""
    nothing = dict.fromkeys(
        (
            "host",
            "port",
            "user",
            "password",
            "passfile",
            "database",
            "ssl",
            "service",
            "servicefile",
            "direct_tls",
        ),
    )
    more = dict.fromkeys(("server_settings", "target_session_attrs", "krbsrvname", "gsslib"))
    addresses, parameters = _parse_connect_dsn_and_args(dsn=dsn, **nothing, **more)
    return addresses, parameters


def places(dsn: str) -> list[Any]:
    """The one place of each server, as the driver reads it."""
    found = []
    for server in split(dsn):
        addresses, _ = dialled(server)
        assert len(addresses) == 1
        found += addresses
    return found


H1, H2, H3 = ("h1", 5432), ("h2", 5432), ("h3", 5432)

SPELLINGS = [
    ("h1/db", [H1]),
    ("h1:/db", [H1]),
    ("h1:5433/db", [("h1", 5433)]),
    ("h1:5433,h2:5434/db", [("h1", 5433), ("h2", 5434)]),
    ("h1,h2/db", [H1, H2]),
    ("h1,h2:5434/db", [H1, ("h2", 5434)]),
    ("h1,h2,h3/db?port=5440", [("h1", 5440), ("h2", 5440), ("h3", 5440)]),
    ("h1,h2/db?port=5433,5434", [("h1", 5433), ("h2", 5434)]),
    ("/db?host=h1,h2&port=5433,5434", [("h1", 5433), ("h2", 5434)]),
    ("/db?host=h1,h2&port=5433", [("h1", 5433), ("h2", 5433)]),
    ("/db?host=h1,h2", [H1, H2]),
    ("/db?host=h1:5433,h2:5434", [("h1", 5433), ("h2", 5434)]),
    ("/db?host=h1%3A5433%2Ch2%3A5434", [("h1", 5433), ("h2", 5434)]),
    ("h1,h2,h3/db?target_session_attrs=read-write", [H1, H2, H3]),
    ("h1,h2/db?target_session_attrs=primary", [H1, H2]),
    ("h1,h1/db", [H1]),
    ("[::1]:5433,[2001:db8::2]/db", [("::1", 5433), ("2001:db8::2", 5432)]),
    ("/db?host=/run/a,/run/b&port=5433,5434", ["/run/a/.s.PGSQL.5433", "/run/b/.s.PGSQL.5434"]),
    ("/db?host=%2Frun%2Fa%20b&port=5432", ["/run/a b/.s.PGSQL.5432"]),
    ("%2Frun%2Fa,%2Frun%2Fb:5434/db", ["/run/a/.s.PGSQL.5432", "/run/b/.s.PGSQL.5434"]),
    ("/db?host=/run/a,h2", ["/run/a/.s.PGSQL.5432", H2]),
]


@pytest.mark.parametrize(("spelling", "expected"), SPELLINGS, ids=[spelling for spelling, _ in SPELLINGS])
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_usual_spelling_names_the_same_servers(scheme: str, spelling: str, expected: list[Any]) -> None:
    dsn = f"{scheme}://r:p@{spelling}"
    assert places(dsn) == expected
    for server in split(dsn):
        _, parameters = dialled(server)
        assert (parameters.user, parameters.password, parameters.database) == ("r", "p", "db")
        assert not parameters.server_settings


REFUSED = [
    ("postgresql://r:p@/db?host=h1:5433&host=h2:5434", "host more than once"),
    ("postgresql://r:p@h1/db?port=5433&port=5434", "port more than once"),
    ("postgresql://r:p@h1/db?host=h2", "in one place"),
    ("postgresql://r:p@h1:5433,h2:5434/db?port=5435", "ports at its hosts and as port="),
    ("postgresql://r:p@/db?host=h1:5433,h2&port=5435,5436", "ports at its hosts and as port="),
    ("postgresql://r:p@h1,h2,h3/db?port=5433,5434", "as many ports as hosts"),
    ("postgresql://r:p@h1,,h2/db", "cannot be read"),
    ("postgresql://r:p@h1;h2/db?host", "not name=value"),
    ("postgresql://r:p@h1 h2/db", "cannot be read"),
    ("postgresql://r:p@/db?host=::1", "cannot be read"),
    ("postgresql://r:p@[::1/db", "cannot be read"),
    ("postgresql://r:p@h1:0/db", "1 to 65535"),
    ("postgresql://r:p@h1:65536/db", "1 to 65535"),
    ("postgresql://r:p@h1/db?port=५४३२", "1 to 65535"),
    ("postgresql://r:p@h1,h2,h3,h4,h5/db", "at most 4 servers"),
    ("postgresql://r:p@h1/db?target_session_attrs=any", "must be read-write"),
    ("postgresql://r:p@h1,h2/db?target_session_attrs=prefer-standby", "must be read-write"),
    ("postgresql://r:p@h1/db?connect_timeout=3", "Leave connect_timeout out"),
    (
        "postgresql://r:p@h1/db?channel_binding=require&hostaddr=192.0.2.1",
        "Leave channel_binding, hostaddr out",
    ),
    ("postgresql://r:p#word@h1/db", "write %23"),
    ("host=h1,h2 port=5432 dbname=db user=r password=word", "is a URI"),
    ("mysql://r:p@h1/db", "is a URI"),
    ("", "is a URI"),
    ("postgresql://r:p@h1/" + "d" * MAX_ADDRESS, "at most 4000 characters"),
]


@pytest.mark.parametrize(("dsn", "reason"), REFUSED, ids=[f"{number}" for number in range(len(REFUSED))])
def test_what_programs_read_differently_is_refused_in_one_sentence(dsn: str, reason: str) -> None:
    with pytest.raises(OperatorError, match=reason) as refused:
        split(dsn)
    assert "\n" not in str(refused.value)
    assert "r:p" not in str(refused.value)


def test_the_driver_alone_would_have_misread_one_of_them() -> None:
    """The reason for refusing it: of a repeated host the driver takes the last one, and answers nothing."""
    assert dialled("postgresql://r:p@/db?host=h1:5433&host=h2:5434")[0] == [("h2", 5434)]


@given(password=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=32))
def test_both_drivers_read_the_role_the_password_and_the_database_that_were_written(password: str) -> None:
    dsn = f"postgresql://shikaku_api:{quote(password, safe='')}@h1,h2:5433/fund?sslmode=disable"
    read = split(dsn)
    assert len(read) == 2
    for server, port in zip(read, (5432, 5433), strict=True):
        [(_, driven)], parameters = dialled(server)
        url = make_url(server)
        assert (parameters.user, parameters.password, parameters.database) == (
            "shikaku_api",
            password,
            "fund",
        )
        assert (url.username, url.password, url.database) == ("shikaku_api", password, "fund")
        assert driven == port == int(str(url.query["port"]))
        assert url.query["sslmode"] == "disable"


@given(dsn=st.text(max_size=60).map(lambda end: f"postgresql://{end}") | st.text(max_size=80))
def test_any_text_is_read_or_refused(dsn: str) -> None:
    try:
        read = split(dsn)
    except OperatorError:
        return
    assert read
    assert all(split(server) == (server,) for server in read)


@dataclass
class Cluster:
    """Fake servers: each accepts, or fails its own way; asked for in this order."""

    answers: dict[str, Exception | None]
    asked: list[str] = field(default_factory=list)
    arguments: list[dict[str, Any]] = field(default_factory=list)

    async def connect(self, dsn: str, **arguments: Any) -> str:
        name = dsn.partition("host=")[2][:2]
        self.asked.append(name)
        self.arguments.append(arguments)
        error = self.answers[name]
        if isinstance(error, TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        if error is not None:
            raise error
        return name

    def servers(self, *names: str) -> Servers:
        return Servers(
            f"postgresql://r:p@{','.join(names)}/db", seconds=2.0, connect=self.connect, command_timeout=6.0
        )


STANDBY = asyncpg.exceptions.TargetServerAttributeNotMatched("read-write")
STARTING = asyncpg.CannotConnectNowError("the database system is starting up")
WRONG = asyncpg.InvalidPasswordError("password authentication failed")


@pytest.mark.parametrize(
    "first",
    [STANDBY, STARTING, WRONG, TimeoutError(), ConnectionRefusedError(), asyncpg.TooManyConnectionsError()],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_is_wrong_with_one_server_the_next_is_asked(first: Exception) -> None:
    cluster = Cluster({"h1": first, "h2": None})
    assert await cluster.servers("h1", "h2").connect() == "h2"
    assert cluster.asked == ["h1", "h2"]


async def test_the_last_good_server_is_asked_first() -> None:
    cluster = Cluster({"h1": STANDBY, "h2": None, "h3": STANDBY})
    servers = cluster.servers("h1", "h2", "h3")
    assert [await servers.connect() for _ in range(3)] == ["h2"] * 3
    assert cluster.asked == ["h1", "h2", "h2", "h2"]
    cluster.answers |= {"h2": ConnectionRefusedError(), "h3": None}
    cluster.asked.clear()
    assert [await servers.connect() for _ in range(2)] == ["h3"] * 2
    assert cluster.asked == ["h2", "h1", "h3", "h3"]


async def test_the_last_good_of_several_servers_has_what_the_others_short_times_leave() -> None:
    cluster = Cluster({"h1": TimeoutError(), "h2": STANDBY, "h3": None})
    servers = cluster.servers("h1", "h2", "h3")
    for asked in (["h1", "h2", "h3"], ["h3"]):
        cluster.asked.clear()
        cluster.arguments.clear()
        assert await servers.connect() == "h3"
        assert cluster.asked == asked
        times = [2.0 - 2 * SERVER_SECONDS, SERVER_SECONDS, SERVER_SECONDS]
        expected = {"target_session_attrs": "read-write", "command_timeout": 6.0}
        assert cluster.arguments == [expected | {"timeout": time} for time in times[: len(asked)]]


async def test_an_only_server_has_the_whole_time_and_must_accept_writing_too() -> None:
    cluster = Cluster({"h1": None})
    await cluster.servers("h1").connect()
    assert cluster.arguments == [
        {"timeout": 2.0, "target_session_attrs": "read-write", "command_timeout": 6.0}
    ]


def test_all_servers_are_asked_within_the_time_that_a_request_waits() -> None:
    from eligibility_api.database.pool import ACQUIRE_SECONDS

    assert servers_module.MAX_SERVERS * SERVER_SECONDS <= ACQUIRE_SECONDS


@pytest.mark.parametrize(
    ("answers", "raised"),
    [
        ([STANDBY, ConnectionRefusedError()], STANDBY),
        ([WRONG, STANDBY], STANDBY),
        ([WRONG, asyncpg.InvalidCatalogNameError("no database")], WRONG),
    ],
    ids=["an outage", "rather an outage", "a mistake of the operator"],
)
async def test_without_a_primary_an_outage_is_raised_if_there_is_one(
    answers: Sequence[Exception], raised: Exception
) -> None:
    cluster = Cluster({"h1": answers[0], "h2": answers[1]})
    with pytest.raises(type(raised)):
        await cluster.servers("h1", "h2").connect()


async def test_a_defect_of_the_program_is_not_taken_for_a_server_that_refuses() -> None:
    cluster = Cluster({"h1": TypeError("a fault"), "h2": None})
    with pytest.raises(TypeError):
        await cluster.servers("h1", "h2").connect()
    assert cluster.asked == ["h1"]
