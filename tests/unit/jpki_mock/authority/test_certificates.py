"""Issuing, renewing and revoking certificates."""

from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature

from jpki_mock.authority.values import CaId, CertificateId, Kind, Reason, State
from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.jlis import Jlis
from jpki_mock.register.register import ItemsChange
from tests.unit.jpki_mock.builders import ADULT, CHILD, NOW, a_resident, an_application, issued


def state_of(jlis: Jlis, name: CertificateId) -> State:
    return jlis.certificates.records.find(name).state(NOW)


def predecessors(jlis: Jlis, name: CertificateId) -> list[CertificateId]:
    records = jlis.certificates.records
    return records.predecessors(records.find(name))


def test_a_certificate_is_valid_from_issue_to_the_end_of_its_last_day_in_japan(jlis: Jlis) -> None:
    certificate = jlis.certificates.issue(an_application(jlis), NOW)
    assert certificate.not_valid_before_utc == NOW
    assert certificate.not_valid_after_utc == datetime(2031, 2, 17, 14, 59, 59, tzinfo=UTC)


def test_serial_numbers_are_positive_and_have_no_more_than_four_bytes(jlis: Jlis) -> None:
    serials = {issued(jlis).serial for _ in range(5)}
    assert len(serials) == 5
    assert all(0 < serial < 2**31 for serial in serials)


def test_an_authority_never_uses_a_serial_number_twice(jlis: Jlis) -> None:
    issued(jlis, serial=77)
    with pytest.raises(NotAllowed):
        issued(jlis, serial=77)


def test_two_generations_can_use_the_same_serial_number_and_differ_by_key(jlis: Jlis) -> None:
    first = issued(jlis, serial=77)
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    second = issued(jlis, serial=77)
    assert first.serial == second.serial
    assert first != second
    jlis.certificates.revoke(second, Reason.REQUEST, NOW)
    assert state_of(jlis, first) is State.GOOD


def test_an_older_generation_can_still_issue(jlis: Jlis) -> None:
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    old, new = (jlis.authorities.get(CaId(Kind.AUTHENTICATION, n)) for n in (1, 2))
    certificate = jlis.certificates.issue(an_application(jlis, ca=old.id), NOW)
    certificate.verify_directly_issued_by(old.certificate)
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(new.certificate)


def test_an_authority_of_another_kind_does_not_issue(jlis: Jlis) -> None:
    with pytest.raises(NotAllowed):
        issued(jlis, ca=CaId(Kind.SIGNATURE, 1))


def test_a_child_has_an_authentication_certificate_and_no_signature_certificate(jlis: Jlis) -> None:
    child = jlis.register.find(CHILD)
    issued(jlis, resident=child)
    with pytest.raises(NotAllowed):
        issued(jlis, resident=child, kind=Kind.SIGNATURE)


def test_nothing_is_issued_to_residents_who_have_died(jlis: Jlis) -> None:
    with pytest.raises(NotAllowed):
        issued(jlis, resident=a_resident(died_on=date(2026, 11, 1)))


def test_renewal_supersedes_and_links_the_chain_nearest_first(jlis: Jlis) -> None:
    first = issued(jlis)
    second = issued(jlis, renews=first)
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    third = issued(jlis, renews=second)
    assert predecessors(jlis, third) == [second, first]
    assert predecessors(jlis, first) == []
    assert [state_of(jlis, name) for name in (first, second, third)] == [
        State.REVOKED,
        State.REVOKED,
        State.GOOD,
    ]


@pytest.mark.parametrize("days_later", [0, 6 * 366])
def test_a_certificate_has_one_successor_whether_renewed_in_time_or_after_its_end(
    jlis: Jlis, days_later: int
) -> None:
    later = NOW + timedelta(days=days_later)
    first = issued(jlis)
    issued(jlis, now=later, renews=first)
    with pytest.raises(NotAllowed):
        issued(jlis, now=later, renews=first)


def test_a_failed_renewal_changes_nothing(jlis: Jlis) -> None:
    first, other = issued(jlis), issued(jlis)
    with pytest.raises(NotAllowed):
        issued(jlis, renews=first, serial=other.serial)
    assert state_of(jlis, first) is State.GOOD
    assert predecessors(jlis, other) == []


def test_a_certificate_is_renewed_only_for_the_same_person_and_use(jlis: Jlis) -> None:
    first = issued(jlis)
    with pytest.raises(NotAllowed):
        issued(jlis, renews=first, resident=jlis.register.find(CHILD))
    with pytest.raises(NotAllowed):
        issued(jlis, renews=first, kind=Kind.SIGNATURE)


def test_a_revoked_certificate_is_not_renewed(jlis: Jlis) -> None:
    first = issued(jlis)
    jlis.certificates.revoke(first, Reason.KEY_COMPROMISE, NOW)
    with pytest.raises(NotAllowed):
        issued(jlis, renews=first)


def test_a_suspended_certificate_is_revoked_and_reissued_with_a_link(jlis: Jlis) -> None:
    lost = issued(jlis)
    jlis.certificates.suspend(lost, NOW)
    assert state_of(jlis, lost) is State.HELD
    found = issued(jlis, renews=lost)
    assert state_of(jlis, lost) is State.REVOKED
    assert predecessors(jlis, found) == [lost]


def test_early_renewal_counts_to_the_6th_birthday(jlis: Jlis) -> None:
    first = issued(jlis)
    in_the_last_month = datetime(2031, 2, 1, tzinfo=UTC)
    application = an_application(jlis, renews=first)
    renewed = jlis.certificates.issue(application, in_the_last_month)
    assert renewed.not_valid_after_utc.date() == date(2036, 2, 17)


def test_a_change_of_address_revokes_the_signature_certificate_only(jlis: Jlis) -> None:
    authentication, signature = issued(jlis), issued(jlis, kind=Kind.SIGNATURE)
    revoked = jlis.change_items(ADULT, ItemsChange(address="架空県見本市本町９丁目"), NOW)
    assert [record.id for record in revoked] == [signature]
    assert state_of(jlis, authentication) is State.GOOD


@pytest.mark.parametrize(
    "change",
    [
        ItemsChange(name_kana="ミホン　ハナ"),
        ItemsChange(postal_code="000-0020"),
        ItemsChange(postal_code="000-0020", address=a_resident().address),
    ],
)
def test_changes_of_other_items_revoke_nothing(jlis: Jlis, change: ItemsChange) -> None:
    signature = issued(jlis, kind=Kind.SIGNATURE)
    assert jlis.change_items(ADULT, change, NOW) == []
    assert state_of(jlis, signature) is State.GOOD


def test_a_change_without_effect_revokes_nothing(jlis: Jlis) -> None:
    signature = issued(jlis, kind=Kind.SIGNATURE)
    with pytest.raises(InvalidInput):
        jlis.change_items(ADULT, ItemsChange(address=a_resident().address), NOW)
    assert state_of(jlis, signature) is State.GOOD


def test_a_death_revokes_all_valid_certificates(jlis: Jlis) -> None:
    on_hold, signature, revoked = issued(jlis), issued(jlis, kind=Kind.SIGNATURE), issued(jlis)
    jlis.certificates.suspend(on_hold, NOW)
    jlis.certificates.revoke(revoked, Reason.REQUEST, NOW)
    revoked_records = jlis.record_death(ADULT, date(2026, 11, 20), NOW)
    assert {record.id for record in revoked_records} == {on_hold, signature}
    assert {record.revocation.reason for record in revoked_records if record.revocation} == {Reason.DEATH}


def test_an_unknown_certificate_cannot_be_revoked(jlis: Jlis) -> None:
    with pytest.raises(NotFound):
        jlis.certificates.revoke(CertificateId("00" * 32, 1), Reason.REQUEST, NOW)
