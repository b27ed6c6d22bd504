"""Traces: from the terminal through the fund to the database's statement, with nothing of a person in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from io import StringIO
from urllib.parse import quote

import httpx2
import pytest
import structlog
from anyio.to_thread import run_sync

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER, HistoryResource
from eligibility_api.contract.trace_context import traceparent
from eligibility_api.platform.export import ALLOWED_ATTRIBUTES, Export
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import ALLOWED_FIELDS, set_up_logging
from tests.builders.collector import Collector, Span, collector
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.people import Person
from tests.builders.real_server import Served, served

pytestmark = pytest.mark.anyio

NUMBER, CHALLENGE, CARD = "/v1/eligibility/number", "/v1/presence/challenges", "/v1/eligibility/card"
THROUGH_THE_FRAMEWORK = "application/json; charset=utf-8"
"""With this content type a request does not qualify for the fast path."""
OPERATOR = "医師　追跡太郎"


class Traced:
    """A fund whose traces and log lines a collector gets."""

    def __init__(self, received: Collector, export: Export) -> None:
        self._received = received
        self.export = export

    def read(self) -> Collector:
        """What was exported since the last reading."""
        self.export.flush()
        copy = Collector(bodies=list(self._received.bodies))
        self._received.clear()
        return copy


@pytest.fixture(scope="module")
def export() -> Iterator[tuple[Collector, Export]]:
    with collector() as received:
        sending = Export(Settings(otlp_url=received.url), "fund-api")
        yield received, sending
        sending.close()


@pytest.fixture(scope="module")
def traced(export: tuple[Collector, Export]) -> Traced:
    return Traced(*export)


@pytest.fixture(scope="module")
async def fund(
    database: Database, tmp_path_factory: pytest.TempPathFactory, export: tuple[Collector, Export]
) -> AsyncIterator[Fund]:
    async with open_fund(database, tmp_path_factory.mktemp("fund"), export=export[1]) as opened:
        yield opened
    set_up_logging()


@pytest.fixture(scope="module", autouse=True)
async def server(fund: Fund) -> AsyncIterator[Served]:
    """A server of the fund, through which all requests go."""
    async with served(fund.app) as running:
        in_process, fund.http = fund.http, running.http
        yield running
        fund.http = in_process


@pytest.fixture(scope="module")
async def person(fund: Fund) -> Person:
    return await fund.insured()


@pytest.fixture(autouse=True)
def only_of_this_test(traced: Traced, person: Person) -> None:
    traced.read()


async def sent(
    fund: Fund, path: str, body: object, kind: str = "application/json", **more: str
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": kind}
    return await fund.http.post(path, content=json.dumps(body).encode(), headers=headers | more)


def of_trace(spans: list[Span], header: str) -> list[Span]:
    return [span for span in spans if span.trace_id == header.split("-")[1]]


def child(spans: list[Span], parent: Span) -> Span:
    [found] = [span for span in spans if span.parent_id == parent.span_id]
    return found


def request_span(spans: list[Span], path: str) -> Span:
    [found] = [span for span in spans if span.kind == "SERVER" and span.attributes["http.route"] == path]
    return found


async def test_a_trace_goes_from_the_terminal_to_the_statements(
    fund: Fund, traced: Traced, person: Person
) -> None:
    def look_up() -> None:
        with FundClient(str(fund.http.base_url), fund.clinic, clock=fund.clock) as client:
            client.check_number(NumberCheckRequest.model_validate(fund.lookup_body(person)))

    await run_sync(look_up)
    spans = traced.read().spans
    assert len({span.trace_id for span in spans}) == 1
    sign_in, check = request_span(spans, "/v1/token"), request_span(spans, NUMBER)
    assert "" not in {sign_in.parent_id, check.parent_id}
    assert sign_in.parent_id != check.parent_id
    assert {span.name for span in spans if span.parent_id == sign_in.span_id} == {"client", "assertion"}
    statement = child(spans, check)
    assert (statement.name, statement.kind) == ("number", "CLIENT")
    assert statement.attributes == {"db.system.name": "postgresql", "db.query.summary": "number"}
    assert {span.service for span in spans} == {"fund-api"}


@pytest.mark.parametrize("kind", ["application/json", THROUGH_THE_FRAMEWORK], ids=["fast path", "framework"])
async def test_both_ways_open_the_same_span(
    fund: Fund, traced: Traced, server: Served, person: Person, kind: str
) -> None:
    header, before = traceparent(), server.requests
    assert (await sent(fund, NUMBER, fund.lookup_body(person), kind, traceparent=header)).is_success
    assert server.requests - before == (kind == THROUGH_THE_FRAMEWORK)
    spans = of_trace(traced.read().spans, header)
    span = request_span(spans, NUMBER)
    assert span.parent_id == header.split("-")[2]
    assert (span.name, span.failed) == (f"POST {NUMBER}", False)
    assert span.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": NUMBER,
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }
    assert child(spans, span).name == "number"


async def test_statements_of_transactions_have_spans(fund: Fund, traced: Traced) -> None:
    assert (await fund.enrol(fund.person())).status_code == 201
    spans = traced.read().spans
    statements = [s for s in spans if s.parent_id == request_span(spans, "/v1/enrolments").span_id]
    assert {span.kind for span in statements} == {"CLIENT"}
    assert any(span.name.startswith("INSERT ") for span in statements)
    assert all(span.attributes["db.query.summary"] == span.name for span in statements)


async def test_the_span_of_a_joint_statement_is_linked_to_each_request(
    fund: Fund, traced: Traced, person: Person
) -> None:
    headers = [traceparent() for _ in range(24)]
    bodies = [fund.lookup_body(person) for _ in headers]
    await asyncio.gather(
        *(sent(fund, NUMBER, body, traceparent=header) for header, body in zip(headers, bodies, strict=True))
    )
    spans = traced.read().spans
    own = {s.span_id: s for s in spans if s.name == "number"}
    assert {span.trace_id for span in own.values()} == {header.split("-")[1] for header in headers}
    joint = [span for span in spans if span.name == "number together"]
    assert joint
    linked = [link for span in joint for link in span.links]
    assert len(linked) == len(set(linked))
    for span in joint:
        assert span.attributes["db.operation.batch.size"] == len(span.links) > 1
        assert span.parent_id == span.links[0]
        assert all(own[link].links == (span.span_id,) for link in span.links)
    assert [span.links for span in own.values() if span.span_id not in linked] == [()] * (
        len(headers) - len(linked)
    )


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch, export: Export) -> Iterator[StringIO]:
    """What the log writes meanwhile."""
    lines = StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    set_up_logging(export)
    yield lines
    monkeypatch.undo()
    set_up_logging(export)


@pytest.mark.parametrize("kind", ["application/json", THROUGH_THE_FRAMEWORK], ids=["fast path", "framework"])
async def test_the_trace_is_in_the_log_line_and_in_the_problem(
    fund: Fund, traced: Traced, person: Person, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    proof, header = await fund.proof(person.card), traceparent()
    assert (await sent(fund, CARD, proof)).is_success
    traced.read()
    with written(monkeypatch, traced.export) as lines:
        refused = await sent(fund, CARD, proof, kind, traceparent=header)
    trace = header.split("-")[1]
    assert (refused.json()["code"], refused.json()["trace_id"]) == ("challenge-used", trace)
    [line] = map(json.loads, lines.getvalue().splitlines())
    assert (line["trace_id"], line["code"]) == (trace, "challenge-used")
    exported = traced.read()
    [sent_line] = exported.lines
    assert (sent_line.event, sent_line.severity, sent_line.trace_id) == ("request", "INFO", trace)
    assert sent_line.attributes["request_id"] == refused.json()["request_id"]
    span = request_span(of_trace(exported.spans, header), CARD)
    assert (span.attributes["shikaku.code"], span.attributes["http.response.status_code"]) == (
        "challenge-used",
        409,
    )
    assert not span.failed


async def test_the_terminal_knows_the_trace_of_a_refusal(fund: Fund, person: Person) -> None:
    def refused() -> str:
        with FundClient(str(fund.http.base_url), fund.insurer, clock=fund.clock) as client:
            with pytest.raises(ShikakuError) as raised:
                client.check_number(NumberCheckRequest.model_validate(fund.lookup_body(person)))
            return str(raised.value.details["trace_id"])

    assert len(await run_sync(refused)) == 32


async def test_a_failure_is_a_failed_span(
    fund: Fund, traced: Traced, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise ConnectionRefusedError("試験　見本")

    monkeypatch.setattr(fund.state.database._connections, "fetch", fails)
    for kind in ("application/json", THROUGH_THE_FRAMEWORK):
        assert (await sent(fund, NUMBER, fund.lookup_body(person), kind)).status_code == 503
        spans = traced.read().spans
        span = request_span(spans, NUMBER)
        assert (span.failed, span.attributes["shikaku.code"]) == (True, "database-unavailable")
        assert (child(spans, span).failed, child(spans, span).attributes["error.type"]) == (
            True,
            "ShikakuError",
        )


async def test_probes_have_no_span(fund: Fund, traced: Traced) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await fund.http.get(path)).status_code == 200
    assert traced.read().spans == []


def personal(fund: Fund, person: Person) -> dict[str, str]:
    """The values that may be in nothing that leaves the process."""
    resident = person.resident
    return {
        "name": resident.name,
        "part of the name": "見本",
        "kana": "ミホン",
        "birth date": resident.birth_date.isoformat(),
        "address": resident.address,
        "number": resident.resident_id[1:],
        "operator": OPERATOR,
        "serial": person.card.authentication.certificate.hex(),
        "token": fund._tokens[fund.clinic.client_id],
    }


async def test_nothing_of_a_person_is_exported(fund: Fund, traced: Traced) -> None:
    person = await fund.insured()
    values = personal(fund, person)
    hostile = {
        "traceparent": traceparent(),
        "tracestate": f"number={values['number']}",
        "baggage": f"number={values['number']}",
        "User-Agent": values["number"],
    }
    assert (await sent(fund, CARD, await fund.proof(person.card), **hostile)).is_success
    for kind in ("application/json", THROUGH_THE_FRAMEWORK):
        assert (await sent(fund, NUMBER, fund.lookup_body(person), kind, **hostile)).is_success
        nobody = fund.lookup_body(person, birth_date="1901-01-01")
        assert (await sent(fund, NUMBER, nobody, kind, **hostile)).is_success
        malformed = fund.lookup_body(person, branch=person.resident.name)
        assert (await sent(fund, NUMBER, malformed, kind, **hostile)).status_code == 422
    consent = (await fund.consent(person.card, [category.value for category in Category])).json()[
        "consent_id"
    ]
    bearer = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | hostile
    doctor = bearer | {ROLE_HEADER: "doctor", OPERATOR_HEADER: quote(OPERATOR)}
    for resource in HistoryResource:
        for query in ("", "?limit=200"):
            got = await fund.http.get(f"/v1/consents/{consent}/{resource}{query}", headers=doctor)
            assert got.status_code == 200
    for path in (f"/v1/members/{values['number']}", f"/v1/eligibility/number?number={values['number']}"):
        assert (await fund.http.get(path, headers=bearer)).status_code in {403, 405}
    assert (await sent(fund, CARD, await fund.proof(fund.person().card), **hostile)).status_code >= 400

    exported = traced.read()
    assert len(exported.spans) > 30
    assert len(exported.lines) > 15
    everything = b"".join(body for _, body in exported.bodies)
    found = [what for what, value in values.items() if value.encode() in everything]
    found += [what for what, value in values.items() if quote(value).encode() in everything]
    assert not found
    assert consent.encode() not in everything
    assert {name for span in exported.spans for name in span.attributes} <= ALLOWED_ATTRIBUTES
    assert {name for line in exported.lines for name in line.attributes} <= ALLOWED_FIELDS


async def test_a_collector_that_does_not_answer_delays_no_request(
    fund: Fund, traced: Traced, export: tuple[Collector, Export], person: Person
) -> None:
    received, _ = export
    received.answers.clear()
    try:
        async with asyncio.timeout(10):
            for _ in range(50):
                assert (await sent(fund, CHALLENGE, {"purpose": "eligibility"})).is_success
            await run_sync(received.arrived.wait)
            assert (await sent(fund, NUMBER, fund.lookup_body(person))).is_success
    finally:
        received.answers.set()


async def test_a_collector_that_refuses_is_logged_once_until_it_works_again(
    fund: Fund, traced: Traced, export: tuple[Collector, Export]
) -> None:
    received, sending = export
    events = []
    with structlog.testing.capture_logs() as log:
        for status in (400, 400, 200, 200):
            received.status = status
            assert (await sent(fund, CHALLENGE, {"purpose": "eligibility"})).is_success
            sending.flush()
        events = [(line["event"], line["reason"]) for line in log if line["event"].startswith("export_")]
    assert events == [("export_fails", "traces"), ("export_works", "traces")]
