"""Regenerate `bad_proofs.json` with new keys: `python -m tests.conformance.make_bad_proofs`.

The tables of cases determine content and order of the file; only keys, and values derived from them, differ between
runs. Private keys of cards and authorities are discarded at the end of the run.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from tests.conformance import (
    challenge_cases,
    encoding_cases,
    good_cases,
    key_cases,
    path_cases,
    profile_cases,
    signature_cases,
)
from tests.conformance.cases import Case
from tests.conformance.proof_builder import AUDIENCE, Issuer, ProofBuilder
from tests.conformance.proofs import DATA, ChallengeKeys, Collection, Environment, PresentedProof, Trust

ABOUT = (
    "Good and bad proofs of presence. Synthetic: every authority, card, facility and key here was made up for tests, "
    "and must be trusted nowhere else. Each bad proof differs from the good one named in `of` in exactly one way; "
    "`expected` is the code of its refusal at the instant `at`. `certificate_padding` zero bytes follow a certificate."
)

GOOD: tuple[Case, ...] = good_cases.CASES
BAD: tuple[Case, ...] = (
    *challenge_cases.CASES,
    *path_cases.CASES,
    *key_cases.CASES,
    *profile_cases.CASES,
    *encoding_cases.CASES,
    *signature_cases.CASES,
)


def _pem(*issuers: Issuer) -> list[str]:
    return [issuer.certificate.public_bytes(Encoding.PEM).decode() for issuer in issuers]


def _environment(w: ProofBuilder) -> Environment:
    keys = {name.hex(): key.hex() for name, key in w.mac_keys.keys.items()}
    return Environment(
        audience=AUDIENCE,
        challenge_keys=ChallengeKeys(current=w.mac_keys.current.hex(), keys=keys),
        trust=Trust(
            authentication=_pem(w.authority, w.second_authority), signature=_pem(w.signature_authority)
        ),
    )


def _presented(case: Case, w: ProofBuilder) -> PresentedProof:
    made = case.make(w)
    return PresentedProof(
        name=case.name,
        of=case.of,
        difference=case.difference,
        expected=case.expected,
        over_http=case.over_http,
        purpose=made.purpose,
        institution_code=made.institution_code,
        terminal=made.terminal,
        at=made.at,
        challenge=made.challenge,
        certificate=made.certificate,
        certificate_padding=made.certificate_padding,
        signature=made.signature,
    )


def collection() -> Collection:
    """All cases, made by one builder."""
    w = ProofBuilder()
    return Collection(
        about=ABOUT,
        environment=_environment(w),
        good=[_presented(case, w) for case in GOOD],
        bad=[_presented(case, w) for case in BAD],
    )


def main() -> None:
    """Write the file."""
    text = collection().model_dump_json(indent=1, exclude_defaults=True)
    DATA.write_text(text + "\n", encoding="utf-8")
    print(f"{len(GOOD)} good and {len(BAD)} bad proofs in {DATA.name}")


if __name__ == "__main__":
    main()
