"""Every proof of the collection, checked by the fund's verifier at its instant (rules A1 to A5)."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.proofs.verifier import ProofContents, Verifier
from tests.conformance.proofs import Collection, PresentedProof

COLLECTION = Collection.load()

# Serial numbers that are not positive: `cryptography` still reads them, and warns; a later one will refuse to.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")


def names(proof: PresentedProof) -> str:
    return proof.name


@pytest.fixture
def verifier() -> Verifier:
    environment = COLLECTION.environment
    return Verifier(environment.audience, environment.mac_keys(), environment.trust_store())


def verify(verifier: Verifier, presented: PresentedProof) -> ProofContents:
    return verifier.verify(
        presented.proof(),
        purpose=presented.purpose,
        institution_code=presented.institution_code,
        terminal=presented.terminal,
        now=presented.at,
    )


@pytest.mark.parametrize("presented", COLLECTION.good, ids=names)
def test_a_good_proof_is_accepted(verifier: Verifier, presented: PresentedProof) -> None:
    verified = verify(verifier, presented)
    assert verified.challenge.terminal == presented.terminal
    assert verified.certificate.id.authority in verifier.trust.authentication


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=names)
def test_a_bad_proof_is_refused_with_its_code(verifier: Verifier, presented: PresentedProof) -> None:
    with pytest.raises(ShikakuError) as refusal:
        verify(verifier, presented)
    assert refusal.value.code == presented.expected


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=names)
def test_a_bad_proof_is_refused_by_a_verifier_with_a_warm_cache(
    verifier: Verifier, presented: PresentedProof
) -> None:
    verify(verifier, COLLECTION.good_one(presented.of))
    with pytest.raises(ShikakuError) as refusal:
        verify(verifier, presented)
    assert refusal.value.code == presented.expected


def test_generations_with_one_name_and_serial_number_are_two_certificates(verifier: Verifier) -> None:
    first, second = (
        verify(verifier, COLLECTION.good_one(name)).certificate.id
        for name in ("rsa-2048", "second-generation")
    )
    assert first.serial == second.serial
    assert first.authority != second.authority
