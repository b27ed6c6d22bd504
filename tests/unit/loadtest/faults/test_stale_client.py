"""The requests of a stale client, each with its one right answer."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any, cast

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import CATALOGUE
from loadtest.faults.case_client import SERVED
from loadtest.faults.stale_client import older_bytes, stale_cases, stale_requests
from loadtest.http_client.connection import Reply
from loadtest.model.events import Membership
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool, known_dataset

MEMBER = Membership("06130017", None, "12", None, date(1980, 1, 31))


def test_each_request_has_one_expected_answer_of_the_catalogue() -> None:
    requests = stale_requests(MEMBER)
    assert len({each.what for each in requests}) == len(requests) > 0
    assert {each.expected for each in requests} - {SERVED} <= set(CATALOGUE)
    assert SERVED in {each.expected for each in requests}


def test_the_date_of_an_older_format_has_no_hyphens() -> None:
    [compact] = [each for each in stale_requests(MEMBER) if "hyphens" in each.what]
    assert json.loads(compact.body)["birth_date"] == "19800131"


def test_the_card_signs_the_tag_of_another_version() -> None:
    one = terminal()
    right = one.credential.to_be_signed(Purpose.ELIGIBILITY, "C")
    assert older_bytes(one, "C") == right.replace(b"presence v1", b"presence v0") != right


def test_every_case_is_sent_as_a_request_of_its_own() -> None:
    pool = FakePool(lambda _: Reply(200, b'{"challenge": "C"}'))
    cases = stale_cases(known_dataset(), terminal())

    async def send_all() -> None:
        for case in cases:
            await case.send(cast(Any, pool), terminal())

    asyncio.run(send_all())
    assert len(pool.sent) == len(cases) + 1  # a tap asks for a challenge first
    assert pool.sent[-1].startswith(b"POST /v1/eligibility/card")
    assert any(b"\r\nAuthorization" not in data for data in pool.sent)
