"""The contents of certificates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import NameOID

from jpki_mock.authority import names
from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.profiles import (
    AUTHENTICATION_USAGE,
    Leaf,
    authentication_leaf,
    build_leaf,
    build_root,
    signature_leaf,
)
from jpki_mock.authority.values import CaId, Holder, Kind, Period
from tests.unit.jpki_mock.builders import NOW, key_maker

CA = CaId(Kind.AUTHENTICATION, 1)
PERIOD = Period(NOW, NOW + timedelta(days=365))
HOLDER = Holder("見本　花子", "架空県見本市中央１丁目", date(1980, 2, 17), "2")
ROOT_KEY, LEAF_KEY = key_maker()(KeyProfile.RSA), key_maker()(KeyProfile.P384)
ROOT = build_root(CA, ROOT_KEY, 1, NOW)


def an_authentication_leaf() -> Leaf:
    return authentication_leaf(CA, LEAF_KEY.public_key(), 42, PERIOD)


def built(leaf: Leaf) -> x509.Certificate:
    return build_leaf(leaf, ROOT, ROOT_KEY)


def test_all_generations_of_an_authority_share_one_name_and_differ_by_key() -> None:
    make = key_maker()
    first, second = (build_root(CaId(Kind.SIGNATURE, n), make(KeyProfile.RSA), n, NOW) for n in (1, 2))
    assert first.subject == second.subject == first.issuer
    ids = {
        root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value for root in (first, second)
    }
    assert len(ids) == 2


def test_every_name_contains_synthetic() -> None:
    organisation = ROOT.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
    assert "SYNTHETIC" in str(organisation)


def test_a_root_can_only_sign_certificates_and_lists() -> None:
    usage = ROOT.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature
    constraints = ROOT.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    with pytest.raises(x509.ExtensionNotFound):
        ROOT.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)


def test_an_authentication_certificate_has_no_data_of_its_holder() -> None:
    certificate = built(an_authentication_leaf())
    assert {attribute.oid for attribute in certificate.subject} == {NameOID.COUNTRY_NAME, NameOID.COMMON_NAME}
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_two_authentication_certificates_have_different_opaque_names() -> None:
    assert an_authentication_leaf().subject != an_authentication_leaf().subject


def test_a_signature_certificate_carries_the_four_items() -> None:
    leaf = signature_leaf(CaId(Kind.SIGNATURE, 1), LEAF_KEY.public_key(), 42, PERIOD, HOLDER)
    alternative = built(leaf).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    carried = {
        name.type_id: asn1.decode_der(str, name.value)
        for name in alternative
        if isinstance(name, x509.OtherName)
    }
    assert carried == {
        names.HOLDER_NAME: "見本　花子",
        names.HOLDER_SEX: "2",
        names.HOLDER_BIRTH_DATE: "319800217",
        names.HOLDER_ADDRESS: "架空県見本市中央１丁目",
    }


@pytest.mark.parametrize(
    ("leaf", "policy", "non_repudiation"),
    [
        (an_authentication_leaf(), names.AUTHENTICATION_POLICY, False),
        (
            signature_leaf(CaId(Kind.SIGNATURE, 1), LEAF_KEY.public_key(), 42, PERIOD, HOLDER),
            names.SIGNATURE_POLICY,
            True,
        ),
    ],
)
def test_key_usage_and_policy_are_critical_and_distinguish_the_two_kinds(
    leaf: Leaf, policy: x509.ObjectIdentifier, non_repudiation: bool
) -> None:
    extensions = built(leaf).extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    policies = extensions.get_extension_for_class(x509.CertificatePolicies)
    assert usage.critical
    assert policies.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment is non_repudiation
    assert [entry.policy_identifier for entry in policies.value] == [policy]


def test_a_leaf_names_its_issuer_by_name_and_key_and_verifies() -> None:
    certificate = built(an_authentication_leaf())
    certificate.verify_directly_issued_by(ROOT)
    authority_id = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    root_id = ROOT.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority_id.key_identifier == root_id.digest


def test_a_single_field_can_be_changed() -> None:
    sound = an_authentication_leaf()
    other = built(replace(sound, policy=names.SIGNATURE_POLICY))
    policies = other.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policies[0].policy_identifier == names.SIGNATURE_POLICY
    assert other.subject == sound.subject
    assert other.serial_number == sound.serial
    assert other.extensions.get_extension_for_class(x509.KeyUsage).value == AUTHENTICATION_USAGE
