"""One look-up by number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from clinic_terminal.desk.ask import AskOutcome, AskRequest, ask
from clinic_terminal.desk.membership import read
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from tests.unit.clinic_terminal.builders import MEMBERSHIP, NOW, answer
from tests.unit.clinic_terminal.fake_fund import FakeFund

NUMBER = "/v1/eligibility/number"


@dataclass
class Certificate:
    """In somebody's hand: gives the membership without its branch, and the branch when asked for."""

    branch: str | None = None
    fails: dict[str, BaseException] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def membership(self) -> MembershipQuery:
        self._ask("membership")
        return read(MembershipQuery, MEMBERSHIP | {"branch": None})

    def with_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        self._ask("branch")
        return membership.model_copy(update={"branch": self.branch}) if self.branch else None

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.fails:
            raise self.fails[what]


def asked(
    fund: FakeFund, certificate: Certificate | None = None, request: AskRequest | None = None
) -> AskOutcome:
    with fund.client() as client:
        return ask(client, certificate or Certificate(), request or AskRequest(), Stopwatch())


def test_the_membership_goes_in_the_body_and_the_answer_comes_back() -> None:
    fund = FakeFund()
    outcome = asked(fund)
    assert outcome.answer == answer()
    assert (outcome.problem, outcome.known_at) == (None, None)
    assert fund.calls == ["/v1/token", NUMBER]
    sent = MEMBERSHIP | {"limit_certificate_consent": False}
    del sent["branch"]
    assert fund.bodies == [sent]


def test_day_instant_and_the_patients_agreement_are_sent() -> None:
    fund = FakeFund()
    outcome = asked(fund, request=AskRequest(date(2026, 3, 1), True, NOW))
    body = fund.bodies[-1]
    assert (body["as_of"], body["limit_certificate_consent"]) == ("2026-03-01", True)
    assert body["known_at"] == "2026-04-01T09:00:00Z"
    assert outcome.known_at == NOW


def test_where_several_fit_the_branch_is_asked_for_and_the_fund_again() -> None:
    fund = FakeFund(answers=[answer(Validity.AMBIGUOUS, [], version=None)])
    certificate = Certificate(branch="01")
    assert asked(fund, certificate).answer == answer()
    assert certificate.asked == ["membership", "branch"]
    assert [body.get("branch") for body in fund.bodies] == [None, "01"]


@pytest.mark.parametrize("fails", [{}, {"branch": GivenUpError()}, {"branch": KeyboardInterrupt()}])
def test_without_a_branch_several_fit_and_nobody_is_shown(fails: dict[str, BaseException]) -> None:
    several = answer(Validity.AMBIGUOUS, [], version=None)
    fund = FakeFund(answers=[several])
    assert asked(fund, Certificate(fails=fails)).answer == several
    assert fund.calls.count(NUMBER) == 1


def test_a_branch_that_fits_several_still_is_not_asked_for_again() -> None:
    several = answer(Validity.AMBIGUOUS, [], version=None)
    certificate = Certificate(branch="01")
    assert asked(FakeFund(answer=several), certificate).answer == several
    assert certificate.asked == ["membership", "branch"]


def test_a_problem_on_the_way_leaves_no_answer() -> None:
    fund = FakeFund(answers=[answer(Validity.AMBIGUOUS, [], version=None)])
    outcome = asked(fund, Certificate(fails={"branch": ShikakuError("fund-unreachable")}))
    assert outcome.answer is None
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreachable"


def test_a_dead_line_is_told_before_anybody_types() -> None:
    certificate = Certificate()
    outcome = asked(FakeFund(failures={"/v1/token": ["lost"]}), certificate)
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreachable"
    assert certificate.asked == []


@pytest.mark.parametrize(
    "code", ["eligibility-not-confirmable", "as-of-out-of-range", "database-unavailable"]
)
def test_a_refusal_is_the_outcomes_problem(code: str) -> None:
    outcome = asked(FakeFund(failures={NUMBER: [code]}))
    assert outcome.problem is not None
    assert outcome.problem.code == code


@pytest.mark.parametrize("giving_up", [GivenUpError(), KeyboardInterrupt()])
def test_giving_up_is_an_outcome_too(giving_up: BaseException) -> None:
    outcome = asked(FakeFund(), Certificate(fails={"membership": giving_up}))
    assert (outcome.answer, outcome.problem) == (None, None)


def test_what_is_no_membership_is_the_outcomes_problem() -> None:
    outcome = asked(FakeFund(), Certificate(fails={"membership": ShikakuError("my-number-refused")}))
    assert outcome.problem is not None
    assert outcome.problem.code == "my-number-refused"


def test_an_unchanged_answer_that_nobody_asked_for_is_unreadable() -> None:
    unchanged = UnchangedAnswer(
        validity=Validity.VALID, as_of=NOW.date(), answered_at=NOW, record_id="record-1"
    )
    fund = FakeFund(answer=unchanged)  # type: ignore[arg-type]
    outcome = asked(fund)
    assert outcome.problem is not None
    assert outcome.problem.code == "fund-unreadable"
