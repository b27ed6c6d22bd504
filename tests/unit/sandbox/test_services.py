"""The console's clients of fund and terminals."""

from __future__ import annotations

import httpx2
import pytest

from sandbox.services import FundSandbox, ServiceFailed, VirtualReader


def fund_that(answers: httpx2.Response | Exception) -> FundSandbox:
    return FundSandbox("http://fund.test/", lambda: httpx2.MockTransport(_handler(answers)))


def reader_that(answers: httpx2.Response | Exception) -> VirtualReader:
    return VirtualReader("r", "http://terminal.test/", lambda: httpx2.MockTransport(_handler(answers)))


def _handler(answers: httpx2.Response | Exception):  # type: ignore[no-untyped-def]
    def handle(_request: httpx2.Request) -> httpx2.Response:
        if isinstance(answers, Exception):
            raise answers
        return answers

    return handle


@pytest.mark.parametrize(
    ("answers", "status"),
    [(httpx2.ConnectError("away"), None), (httpx2.ReadTimeout("slow"), None), (httpx2.Response(404), 404)],
)
def test_a_fund_that_fails_is_named_with_its_status(
    answers: httpx2.Response | Exception, status: int | None
) -> None:
    with pytest.raises(ServiceFailed) as failed:
        fund_that(answers).requests(1)
    assert (failed.value.service, failed.value.status) == ("fund", status)


@pytest.mark.parametrize("answers", [httpx2.ConnectError("away"), httpx2.Response(404), httpx2.Response(500)])
def test_a_terminal_without_a_virtual_reader_is_away(answers: httpx2.Response | Exception) -> None:
    state = reader_that(answers).state()
    assert (state.answers, state.cards, state.placed) == (False, frozenset(), None)


@pytest.mark.parametrize(
    ("answers", "status"), [(httpx2.ConnectError("away"), None), (httpx2.Response(403), 403)]
)
def test_a_card_that_is_not_placed_is_a_failure(
    answers: httpx2.Response | Exception, status: int | None
) -> None:
    with pytest.raises(ServiceFailed) as failed:
        reader_that(answers).place("P01-valid")
    assert (failed.value.service, failed.value.status) == ("terminal", status)
