"""An answer is recomputed from its record exactly as it was given, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import Category
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member import LimitCertificate
from eligibility_api.domain.eligibility import RULE_VERSION, AnswerInputs
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion
from eligibility_api.domain.expiry import Carrier, CertificateEnd, renewal
from eligibility_api.domain.recorded_answers import (
    MissingAnswer,
    MissingRows,
    PurgedAnswer,
    RecordedAnswer,
    Refusal,
    UnknownRule,
    answer_or_refusal,
    inputs_of,
    is_answer,
    recorded_answer,
)
from tests.unit.eligibility_api.domain.members import (
    CARD,
    CLINIC,
    KEY,
    OTHER_CLINIC,
    PERSON,
    TODAY,
    aid,
    by_card,
    by_number,
    days,
    full_answer,
    histories,
    insured,
    limit,
    ticket,
)

KIND_OF = {Channel.CARD: "eligibility.card", Channel.NUMBER: "eligibility.number"}


def recorded(inputs: AnswerInputs, **changes: Any) -> RecordedAnswer:
    """The record of an answer as the statement writes it: versions and tickets by their numbers."""
    tickets = [ticket.version for version in inputs.enrolments for ticket in version.tickets]
    values: dict[str, Any] = {
        "record_id": inputs.record_id,
        "recorded_at": inputs.answered_at,
        "kind": KIND_OF[inputs.channel],
        "facility_kind": inputs.facility_kind.value,
        "institution_code": inputs.institution_code,
        "person_key": inputs.person_key,
        "as_of": inputs.as_of,
        "enrolments": [version.version for version in inputs.enrolments],
        "matched_entitlements": sorted(inputs.asked) or None,
        "tickets": tickets or None,
        "consents": sorted(inputs.consents) or None,
        "rule_version": RULE_VERSION,
        "known_version": inputs.known_version,
        "certificate": None,
    }
    return RecordedAnswer(**values | changes)


def stored(*versions: EnrolmentVersion) -> dict[int, EnrolmentVersion]:
    return {version.version: version for version in versions}


def again(inputs: AnswerInputs, **changes: Any) -> AnswerInputs:
    return inputs_of(recorded(inputs, **changes), stored(*inputs.enrolments))


@given(
    versions=histories(),
    as_of=days,
    consents=st.frozensets(st.sampled_from(Category)),
    by=st.sampled_from(Channel),
    known_version=st.none() | st.text(max_size=10),
)
def test_the_same_answer_or_refusal_follows_from_the_record(
    versions: list[EnrolmentVersion],
    as_of: Any,
    consents: frozenset[Category],
    by: Channel,
    known_version: str | None,
) -> None:
    asked = (
        frozenset(version.entitlement for version in versions[:2]) if by is Channel.NUMBER else frozenset()
    )
    inputs = replace(
        CARD,
        channel=by,
        enrolments=versions,
        as_of=as_of,
        consents=consents,
        asked=asked,
        known_version=known_version,
    )
    assert answer_or_refusal(again(inputs), KEY) == answer_or_refusal(inputs, KEY)


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("eligibility.card", Channel.CARD),
        ("eligibility.visual-check", Channel.CARD),
        ("eligibility.consent-pin", Channel.CARD),
        ("eligibility.consent-visual-check", Channel.CARD),
        ("eligibility.consent", Channel.CARD),
        ("eligibility.number", Channel.NUMBER),
        ("eligibility.batch", Channel.NUMBER),
        ("eligibility.tickets", Channel.NUMBER),
    ],
)
def test_every_kind_of_answer_has_its_channel(kind: str, channel: Channel) -> None:
    assert again(by_card(insured()), kind=kind).channel is channel


@pytest.mark.parametrize("version", [0, 1, RULE_VERSION + 1, None])
def test_a_record_under_an_unknown_rule_version_is_not_recomputed(version: int | None) -> None:
    with pytest.raises(UnknownRule, match=f"^rule {version}$"):
        again(by_card(insured()), rule_version=version)


@pytest.mark.parametrize(
    ("version", "flag", "certificate"), [(2, False, None), (RULE_VERSION, True, limit(TODAY, TODAY))]
)
def test_a_record_is_recomputed_by_the_rules_that_it_was_made_under(
    version: int, flag: bool, certificate: LimitCertificate | None
) -> None:
    """Rule S5: in version 2 the limit certificate needed consent by card too."""
    inputs = by_card(insured(limit_certificate=limit(TODAY, TODAY)))
    recomputed = answer_or_refusal(again(inputs, rule_version=version), KEY)
    assert isinstance(recomputed, EligibilityAnswer)
    [result] = recomputed.results
    assert (result.limit_certificate_consent, result.limit_certificate) == (flag, certificate)


def test_an_answer_of_version_2_that_was_unchanged_is_recomputed_as_unchanged() -> None:
    """Rule S9: the versions of answers differ between the rule versions."""
    given_version = "2zQAbgqAp5I6_T_B61okESz3"
    inputs = by_card(insured(), known_version=given_version)
    assert isinstance(answer_or_refusal(again(inputs, rule_version=2), KEY), UnchangedAnswer)
    assert isinstance(answer_or_refusal(again(inputs), KEY), EligibilityAnswer)


def test_only_the_tickets_that_the_record_names_are_taken() -> None:
    own, foreign = ticket(1), ticket(2, OTHER_CLINIC)
    version = aid(tickets=(own, foreign))
    inputs = inputs_of(recorded(by_card(version), tickets=[1]), stored(version))
    assert [one.tickets for one in inputs.enrolments] == [[own]]
    none = inputs_of(recorded(by_card(version), tickets=None), stored(version))
    assert [list(one.tickets) for one in none.enrolments] == [[]]


@pytest.mark.parametrize(
    ("there", "absent"), [((), {1, 2}), ((insured(1),), {2}), ((insured(2), insured(3)), {1})]
)
def test_missing_versions_are_named(there: tuple[EnrolmentVersion, ...], absent: set[int]) -> None:
    """Rule T9: whether they were purged is not seen here."""
    record = recorded(by_card(insured(1)), enrolments=[1, 2])
    with pytest.raises(MissingRows) as missing:
        inputs_of(record, stored(*there))
    assert (set(missing.value.versions), str(missing.value)) == (absent, record.record_id)


def test_a_ticket_that_is_missing_leaves_no_answer() -> None:
    version = aid(tickets=(ticket(1),))
    with pytest.raises(MissingRows) as missing:
        inputs_of(recorded(by_card(version), tickets=[1, 2]), stored(version))
    assert missing.value.versions == set()


def test_a_version_that_is_stored_but_not_named_does_not_count() -> None:
    read, later = insured(1, lost_on=TODAY - timedelta(days=1)), insured(2)
    inputs = inputs_of(recorded(by_card(read)), stored(read, later))
    assert [one.version for one in inputs.enrolments] == [1]


def test_an_answer_that_was_unchanged_is_recomputed_as_unchanged() -> None:
    given_version = full_answer(by_card(insured())).version
    inputs = by_card(insured(), known_version=given_version)
    assert isinstance(answer_or_refusal(inputs, KEY), UnchangedAnswer)
    assert isinstance(answer_or_refusal(again(inputs), KEY), UnchangedAnswer)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        (by_card(insured(self_disclosure_blocked=True)), "card-not-usable"),
        (by_card(insured(mismatch=Mismatch.OPEN)), "card-not-usable"),
        (by_number(insured(mismatch=Mismatch.OPEN)), "eligibility-not-confirmable"),
    ],
)
def test_a_refusal_of_the_rules_is_recomputed_with_its_code(inputs: AnswerInputs, code: str) -> None:
    assert answer_or_refusal(again(inputs), KEY) == Refusal(record_id=inputs.record_id, code=code)


def test_a_recomputed_refusal_contains_nothing_of_the_person() -> None:
    refusal = answer_or_refusal(by_card(insured(self_disclosure_blocked=True)), KEY)
    assert json.loads(refusal.model_dump_json()).keys() == {"record_id", "code"}


def test_an_answer_under_another_key_has_another_version_and_is_otherwise_the_same() -> None:
    one, other = (answer_or_refusal(by_card(insured()), key) for key in (KEY, bytes(32)))
    assert isinstance(one, EligibilityAnswer)
    assert isinstance(other, EligibilityAnswer)
    assert one.version != other.version
    assert one.model_copy(update={"version": None}) == other.model_copy(update={"version": None})


@pytest.mark.parametrize("carrier", [None, *Carrier])
@pytest.mark.parametrize("days", [-120, -1, 0, 30])
def test_the_remark_on_the_card_follows_from_what_the_record_keeps(
    carrier: Carrier | None, days: int
) -> None:
    """Rule A7."""
    expires_on = TODAY - timedelta(days=days)
    kept = {"expires_on": expires_on.isoformat()} | ({} if carrier is None else {"carrier": carrier.value})
    remark = again(by_card(insured()), certificate=json.dumps(kept)).certificate_renewal
    assert remark == renewal(CertificateEnd(expires_on, carrier), TODAY)
    assert (remark is not None) == (days in (-1, 0) or (days == 30 and carrier is Carrier.CARD))


def test_a_record_without_the_certificates_end_has_no_remark() -> None:
    assert again(by_card(insured())).certificate_renewal is None


def test_an_answer_that_cannot_be_computed_again_is_purged_or_missing() -> None:
    """Rule T9."""
    assert PurgedAnswer(record_id="x").model_dump() == {"record_id": "x", "purged": True}
    assert MissingAnswer(record_id="x").model_dump() == {"record_id": "x", "missing": True}


@pytest.mark.parametrize("none", [None, []])
def test_nobody_is_identified_by_a_record_without_versions(none: list[int] | None) -> None:
    answer = answer_or_refusal(again(by_number(asked=set()), enrolments=none), KEY)
    assert isinstance(answer, EligibilityAnswer)
    assert (answer.validity, answer.version, answer.results) == ("4", None, [])


def test_the_persons_key_comes_from_the_record() -> None:
    assert again(by_card(insured())).person_key == PERSON
    assert again(by_card(insured())).institution_code == CLINIC


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("eligibility.card", "answered", True),
        ("eligibility.batch", "answered", True),
        ("eligibility.card", "certificate-revoked", False),
        ("enrolment.add", "answered", False),
    ],
)
def test_answers_are_recomputed_and_other_records_are_not(kind: str, outcome: str, expected: bool) -> None:
    assert is_answer(kind, outcome) is expected


def test_a_records_canonical_text_has_the_same_values_as_its_row() -> None:
    columns = {
        "record_id": "0197",
        "recorded_at": "2026-11-30T12:00:00.000001Z",
        "kind": "eligibility.number",
        "outcome": "answered",
        "institution_code": CLINIC,
        "facility_kind": "clinic",
        "person_key": "0aff",
        "as_of": "2026-11-30",
        "enrolments": [3],
        "rule_version": 3,
        "matched_entitlements": [5],
        "detail": {"certificate": {"expires_on": "2027-01-05"}, "other": 1},
    }
    record = recorded_answer(columns)
    assert (record.person_key, record.enrolments, record.matched_entitlements) == (b"\x0a\xff", [3], [5])
    assert record.recorded_at.isoformat() == "2026-11-30T12:00:00.000001+00:00"
    assert record.certificate is not None
    assert json.loads(record.certificate) == {"expires_on": "2027-01-05"}
    assert (record.tickets, record.consents, record.known_version) == (None, None, None)
    more = recorded_answer(
        columns | {"tickets": [7], "consents": ["01"], "known_version": "v", "detail": {"other": 1}}
    )
    assert (more.tickets, more.consents, more.known_version) == ([7], ["01"], "v")
    assert more.certificate is None


@pytest.mark.parametrize("missing", ["record_id", "recorded_at", "as_of", "rule_version", "facility_kind"])
def test_a_text_without_a_column_of_an_answer_is_no_recorded_answer(missing: str) -> None:
    columns = {
        "record_id": "0197",
        "recorded_at": "2026-11-30T12:00:00.000001Z",
        "kind": "eligibility.number",
        "institution_code": CLINIC,
        "facility_kind": "clinic",
        "as_of": "2026-11-30",
        "rule_version": 3,
    }
    assert recorded_answer(columns).rule_version == 3
    del columns[missing]
    with pytest.raises(KeyError):
        recorded_answer(columns)
