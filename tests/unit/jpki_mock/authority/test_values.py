"""Ids of authorities, states of certificates, holders; and lists of revoked certificates as any reader parses them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.authority import crl
from jpki_mock.authority.revocation import CRL_REASONS
from jpki_mock.authority.values import (
    CaId,
    Carrier,
    CertificateId,
    Holder,
    Kind,
    Period,
    Reason,
    Record,
    Revocation,
    State,
)
from jpki_mock.errors import InvalidInput
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from tests.depth import max_examples
from tests.unit.jpki_mock.builders import NOW, key_maker

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("generation", [1, 9, 10, 999, 9999])
def test_an_authority_s_id_is_read_as_it_is_written(kind: Kind, generation: int) -> None:
    ca = CaId(kind, generation)
    assert CaId.parse(str(ca)) == ca


@pytest.mark.parametrize(
    "text",
    ["", "auth", "auth-", "auth-0", "auth-01", "auth-10000", "auth-１", "AUTH-1", "auth-1 ", " auth-1", "auth-1\n", "other-1", "auth_1", "auth--1", "auth-1-1"],
)  # fmt: skip
def test_another_text_names_no_authority_and_is_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        CaId.parse(text)
    assert raised.value.sentence == (
        "A certificate authority is written as kind and generation, for example auth-1."
    )


def record(revocation: Revocation | None = None) -> Record:
    ca = CaId(Kind.AUTHENTICATION, 1)
    return Record(
        ca, CertificateId("00" * 32, 1), "R0-00000001", Carrier.CARD, Period(START, END), revocation
    )


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (START - SECOND, State.PENDING),
        (START, State.GOOD),
        (END, State.GOOD),
        (END + SECOND, State.EXPIRED),
    ],
)
def test_both_ends_of_a_period_are_in_it(at: datetime, state: State) -> None:
    assert record().state(at) is state


@pytest.mark.parametrize("at", [START - SECOND, START, END + SECOND])
@pytest.mark.parametrize("reason", list(Reason))
def test_a_revocation_takes_precedence_at_any_time(reason: Reason, at: datetime) -> None:
    expected = State.HELD if reason is Reason.LOSS else State.REVOKED
    assert record(Revocation(reason, START)).state(at) is expected


@pytest.mark.parametrize(("sex", "accepted"), [("0", True), ("1", True), ("2", True), ("9", True), ("3", False), ("", False), ("12", False), ("１", False), ("F", False)])  # fmt: skip
def test_a_holder_s_sex_is_one_digit_of_the_profile(sex: str, accepted: bool) -> None:
    def make() -> Holder:
        return Holder("見本　花子", "架空県", START.date(), sex)

    if accepted:
        assert make().sex == sex
    else:
        with pytest.raises(InvalidInput, match="one digit"):
            make()


@pytest.fixture(scope="module")
def jlis_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jlis]:
    with Jlis(Settings(home=tmp_path_factory.mktemp("jlis")), NOW, key_maker()) as opened:
        yield opened


REVOKED = st.dictionaries(
    st.integers(1, 2**64 - 1),
    st.tuples(st.sampled_from(Reason), st.integers(0, 10**8)),
    max_size=6,
)


@max_examples(25)
@given(REVOKED, st.integers(1, 2**63))
def test_a_list_has_each_revoked_certificate_with_its_instant_and_published_reason(
    jlis_once: Jlis, revoked: dict[int, tuple[Reason, int]], number: int
) -> None:
    authority = jlis_once.authorities.get(CaId(Kind.AUTHENTICATION, 1))
    revocations = {
        serial: Revocation(reason, NOW - timedelta(seconds=ago)) for serial, (reason, ago) in revoked.items()
    }
    entries = [crl._entry(serial, revocation) for serial, revocation in revocations.items()]
    der = crl._sign(authority, number, (NOW, NOW + timedelta(hours=24)), NOW, entries)
    read = x509.load_der_x509_crl(der)
    assert read.is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]
    assert read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    assert {entry.serial_number for entry in read} == set(revocations)
    for entry in read:
        revocation = revocations[entry.serial_number]
        published = CRL_REASONS[revocation.reason]
        assert entry.revocation_date_utc == revocation.at
        reasons = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
        assert reasons == ([] if published is x509.ReasonFlags.unspecified else [published])


def test_a_death_is_reported_like_an_ordinary_end() -> None:
    assert CRL_REASONS[Reason.DEATH] is CRL_REASONS[Reason.EXPIRY] is CRL_REASONS[Reason.REQUEST]
    assert set(CRL_REASONS) == set(Reason)
