"""The collection: equal to its script's cases, one fault per bad proof, and no private keys."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import CATALOGUE, ErrorKind
from jpki_mock.authority.names import ORGANISATION
from tests.conformance.cases import Case
from tests.conformance.make_bad_proofs import BAD, GOOD
from tests.conformance.proofs import DATA, Collection, PresentedProof

COLLECTION = Collection.load()

ONE_WAY = (
    {"at"},
    {"challenge", "signature"},
    {"challenge", "signature", "at"},
    {"challenge", "signature", "purpose"},
    {"challenge", "signature", "terminal"},
    {"challenge", "signature", "institution_code"},
    {"institution_code", "signature"},
    {"terminal", "signature"},
    {"purpose", "signature"},
    {"certificate"},
    {"certificate", "signature"},
    {"signature"},
)
"""The fields that one difference may affect: a change of the signed bytes also changes the signature."""


def stated(case: Case | PresentedProof) -> tuple[str | None, ...]:
    return case.name, case.of, case.difference, case.expected, case.over_http


def differences(bad: PresentedProof, good: PresentedProof) -> set[str]:
    fields = ("challenge", "signature", "institution_code", "terminal", "purpose", "at")
    found = {field for field in fields if getattr(bad, field) != getattr(good, field)}
    return found | ({"certificate"} if bad.proof().certificate != good.proof().certificate else set())


def test_the_file_matches_the_cases() -> None:
    assert [stated(proof) for proof in COLLECTION.good] == [stated(case) for case in GOOD]
    assert [stated(proof) for proof in COLLECTION.bad] == [stated(case) for case in BAD]


def test_every_proof_has_a_unique_name() -> None:
    every = [proof.name for proof in (*COLLECTION.good, *COLLECTION.bad)]
    assert len(set(every)) == len(every)


def test_no_two_proofs_are_equal() -> None:
    presented = {
        proof.model_dump_json(exclude={"name", "of", "difference", "expected", "over_http"})
        for proof in (*COLLECTION.good, *COLLECTION.bad)
    }
    assert len(presented) == len(COLLECTION.good) + len(COLLECTION.bad)


@pytest.mark.parametrize("proof", COLLECTION.bad, ids=lambda proof: proof.name)
def test_a_bad_proof_differs_from_its_good_one_in_one_way(proof: PresentedProof) -> None:
    assert differences(proof, COLLECTION.good_one(proof.of)) in ONE_WAY


def test_every_refusal_of_challenge_certificate_and_signature_is_covered() -> None:
    decided_by_the_database = {"challenge-used", "certificate-revoked", "certificate-suspended"}
    families = ("challenge-", "certificate-", "signature-")
    refusals = {
        code
        for code, entry in CATALOGUE.items()
        if entry.kind is ErrorKind.REFUSAL and code.startswith(families)
    }
    assert {proof.expected for proof in COLLECTION.bad} == refusals - decided_by_the_database


def test_the_file_contains_no_private_key_and_is_marked_synthetic() -> None:
    assert b"PRIVATE" not in DATA.read_bytes()
    assert "Synthetic" in COLLECTION.about
    trust = COLLECTION.environment.trust_store()
    for authority in (*trust.authentication.values(), *trust.signature.values()):
        assert ORGANISATION in authority.subject.rfc4514_string()
