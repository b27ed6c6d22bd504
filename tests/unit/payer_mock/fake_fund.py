"""A fake fund behind `httpx2.MockTransport`.

It checks whose token a call has, and enrols each membership once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2
from joserfc import jws

from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem, ShikakuError

ENROL, END = "/v1/enrolments", "/v1/enrolments/end"


@dataclass
class FakeFund:
    """`failures`: a code of the catalogue, or `lost`, by path and member's number.

    `calls`: path and number, in order.
    """

    match: str = "one"
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    _enrolled: set[str] = field(default_factory=set)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return token(request)
        body = json.loads(request.content)
        self.calls.append((request.url.path, body["number"]))
        self.bodies.append(body)
        if request.headers["Authorization"] != f"Bearer client-{body['insurer_number']}":
            return problem("enrolment-other-insurer")
        failure = self.failures.get((request.url.path, body["number"]))
        if failure == "lost":
            raise httpx2.ReadError("lost", request=request)
        if failure is not None:
            return problem(failure)
        handlers: dict[str, Callable[[dict[str, Any]], httpx2.Response]] = {
            ENROL: self._enrol,
            END: self._end,
        }
        return handlers[request.url.path](body)

    def _enrol(self, body: dict[str, Any]) -> httpx2.Response:
        if body["number"] in self._enrolled:
            return problem("enrolment-overlap")
        self._enrolled.add(body["number"])
        return self._answer(201, body["acquired_on"], None)

    def _end(self, body: dict[str, Any]) -> httpx2.Response:
        if body["number"] not in self._enrolled:
            return problem("enrolment-unknown")
        return self._answer(200, "2020-04-01", body["lost_on"])

    def _answer(self, status: int, acquired_on: str, lost_on: str | None) -> httpx2.Response:
        answer = {
            "enrolment_id": "enrolment-1",
            "match": self.match,
            "known_from": "2026-04-01T09:00:00Z",
            "acquired_on": acquired_on,
            "lost_on": lost_on,
        }
        return httpx2.Response(status, json=answer)


def token(request: httpx2.Request) -> httpx2.Response:
    """A token that contains its client's id."""
    assertion = parse_qs(request.content.decode())["client_assertion"][0]
    client_id = json.loads(jws.extract_compact(assertion.encode()).payload)["iss"]
    return httpx2.Response(200, json={"access_token": client_id, "expires_in": 300, "scope": "enrolment"})


def problem(code: str) -> httpx2.Response:
    """The problem response of a code."""
    answer = Problem.of(ShikakuError(code))
    content = answer.model_dump_json(exclude_none=True)
    return httpx2.Response(answer.status, content=content, headers={"content-type": PROBLEM_MEDIA_TYPE})
