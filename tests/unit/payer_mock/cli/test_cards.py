"""`payer-mock apply-paper`, `deregister` and their withdrawal at the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import Dependencies, app
from tests.unit.payer_mock.fake_uploads import FakeUploads

MEMBER = "019ab000-0000-7000-8000-000000000009"
ANSWERS = {
    "/v1/paper-certificates/applications": {
        "enrolment_id": MEMBER,
        "reason": "card-lost",
        "applied_at": "2026-11-23T01:02:03Z",
    },
    "/v1/paper-certificates/applications/withdraw": {
        "enrolment_id": MEMBER,
        "reason": "card-lost",
        "withdrawn_at": "2026-11-24T01:02:03Z",
    },
    "/v1/deregistrations": {"enrolment_id": MEMBER, "last_day": "2026-12-31"},
    "/v1/deregistrations/withdraw": {"enrolment_id": MEMBER},
}


def run(*words: str) -> Result:
    fund = FakeUploads(answers=dict(ANSWERS))
    dependencies = Dependencies(make_transport=fund.transport, wait=lambda _: None)
    return CliRunner().invoke(app, list(words), obj=dependencies, env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("words", "path", "shown"),
    [
        (
            ("apply-paper", MEMBER, "--reason", "card-lost"),
            "/v1/paper-certificates/applications",
            "カード紛失",
        ),
        (
            ("withdraw-paper", MEMBER, "--reason", "card-lost"),
            "/v1/paper-certificates/applications/withdraw",
            "取下げ",
        ),
        (("deregister", MEMBER), "/v1/deregistrations", "2026-12-31"),
        (("withdraw-deregistration", MEMBER), "/v1/deregistrations/withdraw", "取り下げました"),
    ],
)
def test_the_answer_is_shown_in_both_languages_or_as_json(
    words: tuple[str, ...], path: str, shown: str
) -> None:
    on_screen, as_json = run(*words), run(*words, "--json")
    assert (on_screen.exit_code, as_json.exit_code) == (0, 0), on_screen.output
    assert shown in on_screen.stdout
    assert json.loads(as_json.stdout) == ANSWERS[path]


@pytest.mark.parametrize(
    "words",
    [
        ("apply-paper", MEMBER),
        ("apply-paper", MEMBER, "--reason", "deregistered"),
        ("apply-paper", "x", "--reason", "card-lost"),
        ("withdraw-paper", MEMBER),
        ("withdraw-paper", MEMBER, "--reason", "no-card"),
        ("deregister", "1234"),
        ("withdraw-deregistration",),
    ],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
