"""The log passes listed fields only, and an error by type and place."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.platform import telemetry
from eligibility_api.platform.telemetry import ALLOWED_FIELDS, RequestLine, set_up_logging

PERSONAL = {
    "name": "試験　見本",
    "address_of_member": "架空県見本市1-1",
    "number": "1234567",
    "pin": "1234",
    "exception": "試験　見本 is unknown",
    "url": "/v1/members/1234567",
}
"""Fields that a careless call could pass."""


TIMESTAMP = re.compile(r"(?<=\"timestamp\": \")20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?=Z\")")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error by the log as the services set it up."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logging()
    yield written
    structlog.reset_defaults()


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_field_that_is_not_listed_is_dropped(log: io.StringIO) -> None:
    structlog.get_logger().warning("number_miss_streak", client_id="c1", streak=10, **PERSONAL)
    [line] = lines(log)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "number_miss_streak", "level": "warning", "client_id": "c1", "streak": 10}


@pytest.mark.parametrize(("method", "written"), [("debug", 0), ("info", 1), ("warning", 1), ("error", 1)])
def test_the_log_begins_at_the_level_info(log: io.StringIO, method: str, written: int) -> None:
    getattr(structlog.get_logger(), method)("serving")
    assert len(lines(log)) == written


def test_an_error_is_logged_by_place_and_never_by_text(log: io.StringIO) -> None:
    try:
        raise ValueError("試験　見本, born 1980-05-17")
    except ValueError as error:
        structlog.get_logger().error("failed", cause=type(error).__name__, exc_info=error)
    [line] = lines(log)
    assert line["cause"] == "ValueError"
    assert line["where"].startswith("test_telemetry.py:")
    assert "1980" not in log.getvalue()


def test_of_a_deep_error_the_four_innermost_places_are_logged_the_innermost_first(log: io.StringIO) -> None:
    def fall(depth: int) -> None:
        if not depth:
            json.loads("{")
        fall(depth - 1)

    try:
        fall(9)
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
    places = lines(log)[0]["where"].split(" < ")
    assert len(places) == 4
    assert places[0].startswith("decoder.py:")
    assert places[-1].startswith("test_telemetry.py:")


def test_an_error_that_was_never_raised_has_no_place(log: io.StringIO) -> None:
    structlog.get_logger().error("failed", exc_info=ValueError("personal"))
    assert lines(log)[0]["where"] == ""


@pytest.mark.parametrize("given_as", [True, ("not", "an", "error"), None])
def test_other_values_of_exc_info_are_dropped(log: io.StringIO, given_as: object) -> None:
    structlog.get_logger().error("failed", exc_info=given_as)
    assert lines(log)[0].keys() == {"event", "level", "timestamp"}


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=8))
def test_no_other_than_a_listed_field_passes(fields: dict[str, Any]) -> None:
    passed = telemetry._only_allowed(None, "", dict(fields))
    assert passed == {name: value for name, value in fields.items() if name in ALLOWED_FIELDS}


@pytest.mark.parametrize(
    ("fields", "ms"),
    [
        ({"method": "POST", "route": "/v1/eligibility/number", "status": 200, "code": ""}, 12.34),
        ({"method": "GET", "route": "/v1/{number}/history", "status": 404, "code": "not-found"}, 0.0),
        ({"method": "HEAD", "route": '/"quoted"/被保険者', "status": 499, "code": ""}, 1000.5),
    ],
)
def test_the_prepared_line_of_a_request_is_the_one_that_the_log_would_write(
    log: io.StringIO, fields: dict[str, Any], ms: float
) -> None:
    RequestLine(**fields).log("pG8_-x3Q", ms)
    structlog.get_logger().info("request", request_id="pG8_-x3Q", **fields, ms=ms)
    prepared, usual = (TIMESTAMP.sub("", line) for line in log.getvalue().splitlines())
    assert prepared == usual


def test_the_prepared_line_is_captured_like_any_other(log: io.StringIO) -> None:
    with structlog.testing.capture_logs() as captured:
        RequestLine("GET", "/healthz", 200, "").log("pG8_-x3Q", 0.5)
    assert [line["request_id"] for line in captured] == ["pG8_-x3Q"]
    assert not log.getvalue()
