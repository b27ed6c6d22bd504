"""A terminal's credential, a fake fund for cards, and the smoke test's environment."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem, ShikakuError
from eligibility_api.contract.tokens import Credential
from tests.builders.cards import NOW, card_file

FUND = "http://127.0.0.1:8400"
EXPECTED = {"ended": Validity.INVALID, "valid": Validity.VALID}


@cache
def credential(institution_code: str | None = "1311111114") -> Credential:
    """A terminal's credential."""
    return Credential(
        client_id="terminal-1",
        audience="urn:shikaku:test",
        private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
        institution_code=institution_code,
    )


@dataclass
class FakeFund:
    """Answers each check with the next of `answers`: members of the answer, or the code of a problem."""

    answers: list[dict[str, Any] | str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def client(self) -> FundClient:
        transport = httpx2.MockTransport(self._handle)
        return FundClient(FUND, credential(), clock=lambda: NOW, transport=transport)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        handlers: dict[str, Callable[[httpx2.Request], httpx2.Response]] = {
            "/v1/token": lambda _: _json(access_token="token", expires_in=300, scope="eligibility"),
            "/v1/presence/challenges": lambda _: _json(
                challenge=f"challenge-{next(self._numbers)}", expires_at=NOW.isoformat()
            ),
            "/v1/eligibility/card": self._check,
        }
        return handlers[request.url.path](request)

    def _check(self, request: httpx2.Request) -> httpx2.Response:
        self.bodies.append(json.loads(request.content))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, str):
            return _problem(answer)
        usual = {
            "unchanged": False,
            "validity": "1",
            "as_of": "2026-04-01",
            "answered_at": NOW.isoformat(),
            "record_id": f"record-{next(self._numbers)}",
            "version": "version-1",
            "results": [],
        }
        return _json(**usual | answer)


def set_up(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Set the complete environment: a terminal, two cards, and their expected answers."""
    for name in EXPECTED:
        card_file(folder, f"{name}.json")
    (folder / "expected").write_text(json.dumps(EXPECTED))
    credential().save(folder / "terminal")
    monkeypatch.setenv("LOADTEST_CARDS", str(folder))
    monkeypatch.setenv("LOADTEST_EXPECTED", str(folder / "expected"))
    monkeypatch.delenv("LOADTEST_PIN", raising=False)
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(folder / "terminal"))
    monkeypatch.setenv("TERMINAL_FUND_URL", FUND)


def _json(**body: Any) -> httpx2.Response:
    return httpx2.Response(200, json=body)


def _problem(code: str) -> httpx2.Response:
    problem = Problem.of(ShikakuError(code))
    content = problem.model_dump_json(exclude_none=True)
    return httpx2.Response(problem.status, content=content, headers={"content-type": PROBLEM_MEDIA_TYPE})
