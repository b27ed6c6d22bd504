"""A request of the log as a curl command, and the difference of two."""

from __future__ import annotations

import json
import shlex

import pytest

from sandbox.exchanges import as_curl, difference, laid_out
from tests.builders.console import exchange


def test_a_command_sends_the_same_request_with_a_token_of_its_own() -> None:
    words = shlex.split(as_curl("http://fund.test", exchange(1)).replace("\\\n", ""))
    assert words == [
        "curl", "-sS", "-X", "POST", "http://fund.test/v1/eligibility/number", "-H", "content-type: application/json",
        "-H", "Authorization: Bearer $TOKEN", "--data-raw", '{"number":"7701","branch":"00"}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hostile", ["'; rm -rf / #", "$(reboot)", "`reboot`", "a\nb", '"', "\\", "@/etc/passwd"]
)
def test_what_was_sent_is_no_part_of_the_shells_language(hostile: str) -> None:
    sent = exchange(
        1,
        path=f"/v1/{hostile}",
        query=f"q={hostile}",
        body=hostile,
        headers=json.dumps({"idempotency-key": hostile}),
    )
    words = shlex.split(as_curl("http://fund.test", sent).replace(" \\\n  ", " "))
    assert words[4] == f"http://fund.test/v1/{hostile}?q={hostile}"
    assert words[6] == f"idempotency-key: {hostile}"
    assert words[-2:] == ["--data-raw", hostile]


def test_a_request_without_token_and_body_has_neither() -> None:
    words = shlex.split(as_curl("http://fund.test", exchange(1, client_id=None, body=None, headers="{}")))
    assert words == ["curl", "-sS", "-X", "POST", "http://fund.test/v1/eligibility/number"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [(None, ""), ("", ""), ("no json", "no json"), ('{"name":"見本"}', '{\n  "name": "見本"\n}'), ("[", "[")],
)
def test_json_is_laid_out_and_anything_else_left(body: str | None, shown: str) -> None:
    assert laid_out(body) == shown


def test_two_equal_exchanges_do_not_differ() -> None:
    assert difference(exchange(1), exchange(2, milliseconds=99.0)) == []


def test_changed_lines_are_marked_with_some_around_them() -> None:
    lines = difference(exchange(1), exchange(2, status=404, code="not-found", answer='{"validity":"2"}'))
    assert "-200" in lines
    assert "+404 not-found" in lines
    assert '-  "validity": "1"' in lines
    assert '+  "validity": "2"' in lines
    assert " {" in lines or '   "branch": "00"' in lines
    assert not any(line.startswith(("---", "+++")) for line in lines)
