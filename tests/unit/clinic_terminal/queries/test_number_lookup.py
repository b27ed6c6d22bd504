"""A look-up by number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from clinic_terminal.outcome import GivenUpError
from clinic_terminal.queries.membership import parse_request
from clinic_terminal.queries.number_lookup import LookupOutcome, LookupRequest, look_up_by_number
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import MEMBERSHIP, NOW, answer

NUMBER = "/v1/eligibility/number"


@dataclass
class ScriptedMembership:
    """Prompts that give the membership without its branch, and the branch when asked for."""

    branch: str | None = None
    fails: dict[str, BaseException] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def membership(self) -> MembershipQuery:
        self._ask("membership")
        return parse_request(MembershipQuery, MEMBERSHIP | {"branch": None})

    def add_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        self._ask("branch")
        return membership.model_copy(update={"branch": self.branch}) if self.branch else None

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.fails:
            raise self.fails[what]


def look_up(
    fund: FakeFund, prompts: ScriptedMembership | None = None, request: LookupRequest | None = None
) -> LookupOutcome:
    with fund.client() as client:
        return look_up_by_number(
            client, prompts or ScriptedMembership(), request or LookupRequest(), Stopwatch()
        )


def test_the_membership_is_sent_in_the_body_and_the_answer_returned() -> None:
    fund = FakeFund()
    outcome = look_up(fund)
    assert outcome.answer == answer()
    assert (outcome.problem, outcome.known_at) == (None, None)
    assert fund.calls == ["/v1/token", NUMBER]
    sent = MEMBERSHIP | {"limit_certificate_consent": False}
    del sent["branch"]
    assert fund.bodies == [sent]


def test_day_instant_and_agreement_are_sent() -> None:
    fund = FakeFund()
    outcome = look_up(fund, request=LookupRequest(date(2026, 3, 1), True, NOW))
    body = fund.bodies[-1]
    assert (body["as_of"], body["limit_certificate_consent"]) == ("2026-03-01", True)
    assert body["known_at"] == "2026-04-01T09:00:00Z"
    assert outcome.known_at == NOW


def test_an_ambiguous_answer_asks_for_the_branch_and_repeats_the_request() -> None:
    fund = FakeFund(answers=[answer(Validity.AMBIGUOUS, [], version=None)])
    prompts = ScriptedMembership(branch="01")
    assert look_up(fund, prompts).answer == answer()
    assert prompts.asked == ["membership", "branch"]
    assert [body.get("branch") for body in fund.bodies] == [None, "01"]


@pytest.mark.parametrize("fails", [{}, {"branch": GivenUpError()}, {"branch": KeyboardInterrupt()}])
def test_without_a_branch_the_answer_stays_ambiguous(fails: dict[str, BaseException]) -> None:
    several = answer(Validity.AMBIGUOUS, [], version=None)
    fund = FakeFund(answers=[several])
    assert look_up(fund, ScriptedMembership(fails=fails)).answer == several
    assert fund.calls.count(NUMBER) == 1


def test_a_second_ambiguous_answer_asks_for_nothing() -> None:
    several = answer(Validity.AMBIGUOUS, [], version=None)
    prompts = ScriptedMembership(branch="01")
    assert look_up(FakeFund(answer=several), prompts).answer == several
    assert prompts.asked == ["membership", "branch"]


def test_a_problem_after_an_ambiguous_answer_leaves_no_answer() -> None:
    fund = FakeFund(answers=[answer(Validity.AMBIGUOUS, [], version=None)])
    outcome = look_up(fund, ScriptedMembership(fails={"branch": ShikakuError("fund-unreachable")}))
    assert outcome.answer is None
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreachable"


def test_a_connection_problem_is_reported_before_the_membership_is_asked_for() -> None:
    prompts = ScriptedMembership()
    outcome = look_up(FakeFund(failures={"/v1/token": ["lost"]}), prompts)
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreachable"
    assert prompts.asked == []


@pytest.mark.parametrize(
    "code", ["eligibility-not-confirmable", "as-of-out-of-range", "database-unavailable"]
)
def test_a_refusal_is_the_outcomes_problem(code: str) -> None:
    outcome = look_up(FakeFund(failures={NUMBER: [code]}))
    assert outcome.problem is not None
    assert outcome.problem.code == code


@pytest.mark.parametrize("giving_up", [GivenUpError(), KeyboardInterrupt()])
def test_giving_up_is_an_outcome(giving_up: BaseException) -> None:
    outcome = look_up(FakeFund(), ScriptedMembership(fails={"membership": giving_up}))
    assert (outcome.answer, outcome.problem) == (None, None)


def test_an_invalid_membership_is_the_outcomes_problem() -> None:
    outcome = look_up(FakeFund(), ScriptedMembership(fails={"membership": ShikakuError("my-number-refused")}))
    assert outcome.problem is not None
    assert outcome.problem.code == "my-number-refused"


def test_an_unrequested_unchanged_answer_is_unreadable() -> None:
    unchanged = UnchangedAnswer(
        validity=Validity.VALID, as_of=NOW.date(), answered_at=NOW, record_id="record-1"
    )
    fund = FakeFund(answer=unchanged)  # type: ignore[arg-type]
    outcome = look_up(fund)
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreadable"
