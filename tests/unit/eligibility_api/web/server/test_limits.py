"""The table of limits, their settings, and the refusals that follow from it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from eligibility_api.app import LARGER_BODIES, MAX_BODY_BYTES
from eligibility_api.contract.errors import Problem, ShikakuError
from eligibility_api.platform.settings import Settings
from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.limits import LIMITS, BodyLimits, Limit, ServerLimits
from eligibility_api.web.server.refusals import refusal

BODIES = BodyLimits(MAX_BODY_BYTES, LARGER_BODIES)
ROWS = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)


@ROWS
def test_a_limit_names_its_setting_or_where_its_value_stands(limit: Limit) -> None:
    known = {*Settings.model_fields, *vars(rows), "RFC 9112"}
    assert limit.setting in known


def test_every_setting_of_the_server_is_a_row_of_the_table() -> None:
    named = {limit.setting for limit in LIMITS} | {
        "min_body_bytes_per_second",
        "proxies",
        "bodies",
        "open_paths",
    }
    assert set(ServerLimits.__dataclass_fields__) <= named


def test_the_settings_become_the_limits() -> None:
    settings = Settings(max_connections=99, idle_seconds=7, proxies="10.0.0.0/8, 2001:db8::/32")
    made = ServerLimits.of(settings, BODIES, max_open_files=20_000)
    assert (made.max_connections, made.idle_seconds) == (99, 7)
    assert made.proxies == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert made.bodies.of("/v1/presence/challenges") == 65_536
    assert made.bodies.of("/v1/uploads") == 16 * 1024**3


@pytest.mark.parametrize(("files", "connections"), [(20_000, 2_048), (1_024, 768), (100, 16)])
def test_there_are_no_more_connections_than_the_process_may_open_files(files: int, connections: int) -> None:
    assert ServerLimits.of(Settings(), BODIES, files).max_connections == connections


@pytest.mark.parametrize("value", ["10.0.0.0/33", "proxy.test", "10.0.0.1/8"])
def test_a_proxy_that_is_no_network_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(proxies=value)


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/v1/token", False),
        ("/v1/token/", True),
        ("/v1/audit/tile/0/x001/067", False),
        ("/v1/audit/tile", True),
        ("/v1/audit/records", True),
        ("/v1/eligibility/card", True),
        ("/v1/nothing", True),
        ("/healthz", False),
        ("/", False),
    ],
)
def test_all_of_the_interface_but_the_open_paths_needs_a_token(path: str, needed: bool) -> None:
    limits = ServerLimits.of(Settings(), BODIES, 1_000, ("/v1/token", "/v1/audit/tile/"))
    assert limits.needs_token(path) is needed


@pytest.mark.parametrize(("received", "slow"), [(0, True), (10_239, True), (10_240, False)])
def test_a_body_is_slow_below_the_rate(received: int, slow: bool) -> None:
    assert ServerLimits.of(Settings(), BODIES, 1_000).is_slow(received) is slow


@ROWS
def test_the_refusal_is_a_problem_of_the_catalogue(limit: Limit) -> None:
    if limit.error is None:
        return
    head, _, body = refusal(limit.error, [(b"date", b"today")], closes=limit.closes).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first.startswith(f"HTTP/1.1 {limit.error.entry.status} ")
    assert f"content-length: {len(body)}" in lines
    assert "date: today" in lines
    assert ("connection: close" in lines) is limit.closes
    assert Problem.model_validate_json(body).code == limit.error.code


def test_a_refused_token_names_the_scheme() -> None:
    assert b"www-authenticate: Bearer\r\n" in refusal(ShikakuError("token-missing"), (), closes=True)


@pytest.mark.parametrize("limit", [rows.REQUESTS, rows.WAIT_SECONDS, rows.CONNECTIONS])
def test_who_is_refused_for_others_may_try_again_within_a_second(limit: Limit) -> None:
    assert limit.error is not None
    assert (limit.error.entry.status, limit.error.retry_after) == (503, 1)
    assert b"retry-after: 1\r\n" in refusal(limit.error, (), closes=False)
