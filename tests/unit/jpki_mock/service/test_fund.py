"""The fund's API."""

import base64
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jpki_mock.authority.keys import KeyProfile, PrivateKey, public_key_der
from jpki_mock.authority.values import Carrier, CertificateId, Kind, Reason
from jpki_mock.jlis import Jlis
from tests.unit.jpki_mock.builders import ADULT, NOW, a_resident, issued, key_maker
from tests.unit.jpki_mock.service.conftest import MakeToken, MovableClock

pytestmark = pytest.mark.anyio
ISSUED_AT = int(NOW.timestamp())
ATTRIBUTES = a_resident().model_dump(
    mode="json", include={"name", "name_kana", "birth_date", "sex", "address"}
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def named(name: CertificateId) -> dict[str, str]:
    return {"ca_key_sha256": name.ca_key_sha256, "serial": str(name.serial)}


def a_terminal(**changes: Any) -> dict[str, Any]:
    key = key_maker()(KeyProfile.P256).public_key()
    return {
        "terminal_id": "terminal-7",
        "public_key": base64.b64encode(public_key_der(key)).decode(),
        **changes,
    }


async def ask(
    client: httpx2.AsyncClient, make_token: MakeToken, path: str, body: dict[str, Any]
) -> httpx2.Response:
    return await client.post(path, json=body, headers=bearer(make_token()))


async def test_a_certificates_person_is_returned_with_renewed_certificates(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    first = issued(jlis)
    second = issued(jlis, renews=first)
    third = issued(jlis, renews=second)
    answer = await ask(client, make_token, "/register/certificate", named(third))
    assert answer.status_code == 200
    assert answer.json() == {
        "person_key": jlis.register.person_key(ADULT),
        "carrier": "card",
        "predecessors": [named(second), named(first)],
    }


async def test_a_phones_certificate_has_its_carrier(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    phone = issued(jlis, carrier=Carrier.ANDROID)
    answer = await ask(client, make_token, "/register/certificate", named(phone))
    assert (answer.json()["carrier"], answer.json()["predecessors"]) == ("android", [])


async def test_a_revoked_certificate_still_has_its_person(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    name = issued(jlis)
    jlis.certificates.revoke(name, Reason.REQUEST, NOW)
    answer = await ask(client, make_token, "/register/certificate", named(name))
    assert answer.json()["person_key"] == jlis.register.person_key(ADULT)


async def test_an_unknown_certificate_is_not_found(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    name = issued(jlis)
    for other in (CertificateId("00" * 32, name.serial), CertificateId(name.ca_key_sha256, 2**160)):
        answer = await ask(client, make_token, "/register/certificate", named(other))
        assert answer.status_code == 404


async def test_attributes_are_matched(client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis) -> None:
    one = await ask(client, make_token, "/register/attributes", ATTRIBUTES)
    none = await ask(client, make_token, "/register/attributes", {**ATTRIBUTES, "sex": "1"})
    jlis.register.add([a_resident("R0-00000009")])
    ambiguous = await ask(client, make_token, "/register/attributes", ATTRIBUTES)
    assert one.json() == {"match": "one", "person_key": jlis.register.person_key(ADULT)}
    assert none.json() == {"match": "none", "person_key": None}
    assert ambiguous.json() == {"match": "ambiguous", "person_key": None}


async def test_another_spelling_is_answered_by_item_and_kind_and_never_by_its_value(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    asked = {**ATTRIBUTES, "address": "見本市中央1-2-3", "name_kana": "みほん　はなこ"}
    answer = await ask(client, make_token, "/register/attributes", asked)
    assert answer.json() == {
        "match": "variant",
        "person_key": jlis.register.person_key(ADULT),
        "differences": [
            {"item": "name_kana", "kind": "kana"},
            {"item": "address", "kind": "address"},
        ],
    }
    batch = await ask(client, make_token, "/register/attributes/batch", {"people": [asked]})
    assert batch.json() == {"matches": [answer.json()]}


async def test_many_people_are_matched_in_order(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    jlis.register.add(
        [a_resident("R0-00000008", name="架空　二人"), a_resident("R0-00000009", name="架空　二人")]
    )
    people = [{**ATTRIBUTES, "name": "架空　二人"}, ATTRIBUTES, {**ATTRIBUTES, "sex": "1"}, ATTRIBUTES]
    answer = await ask(client, make_token, "/register/attributes/batch", {"people": people})
    one = {"match": "one", "person_key": jlis.register.person_key(ADULT)}
    none, ambiguous = ({"match": match, "person_key": None} for match in ("none", "ambiguous"))
    assert answer.json() == {"matches": [ambiguous, one, none, one]}


async def test_a_batch_is_limited_to_five_thousand_people(
    client: httpx2.AsyncClient, make_token: MakeToken
) -> None:
    statuses = []
    for people in (0, 5000, 5001):
        body = {"people": [ATTRIBUTES] * people}
        answer = await ask(client, make_token, "/register/attributes/batch", body)
        statuses.append(answer.status_code)
    assert statuses == [422, 200, 422]


async def test_a_terminal_certificate_is_valid_for_thirty_days_and_trusted_by_cards(
    client: httpx2.AsyncClient, make_token: MakeToken, jlis: Jlis
) -> None:
    answer = await ask(client, make_token, "/terminal-certificates", a_terminal())
    assert answer.status_code == 201
    certificate = x509.load_der_x509_certificate(base64.b64decode(answer.json()["certificate"]))
    certificate.verify_directly_issued_by(jlis.authorities.newest(Kind.TERMINAL).certificate)
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "terminal-7"
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)


@pytest.mark.parametrize("public_key", ["", "!", "AAAA", "P384", "RSA"])
async def test_a_terminals_key_must_be_a_p256_key(
    client: httpx2.AsyncClient, make_token: MakeToken, public_key: str
) -> None:
    if public_key in ("P384", "RSA"):
        key = key_maker()(KeyProfile(public_key.lower())).public_key()
        public_key = base64.b64encode(public_key_der(key)).decode()
    answer = await ask(client, make_token, "/terminal-certificates", a_terminal(public_key=public_key))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/register/certificate", {"ca_key_sha256": "AB" * 32, "serial": "1"}),
        ("/register/certificate", {"ca_key_sha256": "ab" * 32, "serial": "0x1"}),
        ("/register/certificate", {"ca_key_sha256": "ab" * 32, "serial": 1}),
        ("/register/certificate", {"ca_key_sha256": "ab" * 32, "serial": "1", "more": "見本　花子"}),
        ("/register/attributes", {**ATTRIBUTES, "name": "見本　花子" * 100}),
        ("/register/attributes", {**ATTRIBUTES, "birth_date": "見本　花子"}),
        ("/register/attributes/batch", {"people": [ATTRIBUTES, {**ATTRIBUTES, "birth_date": "見本　花子"}]}),
        ("/register/attributes/batch", {"people": [ATTRIBUTES, "見本　花子"]}),
        ("/terminal-certificates", a_terminal(terminal_id="見本　花子")),
    ],
)
async def test_a_malformed_request_is_rejected_without_repeating_its_values(
    client: httpx2.AsyncClient, make_token: MakeToken, path: str, body: dict[str, Any]
) -> None:
    answer = await ask(client, make_token, path, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "花子" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "clinic"},
        {"sub": "clinic"},
        {"aud": "other"},
        {"exp": ISSUED_AT + 61},
        {"iat": ISSUED_AT - 120, "exp": ISSUED_AT - 60},
        {"iat": ISSUED_AT + 30, "exp": ISSUED_AT + 60},
        {"exp": ISSUED_AT, "iat": ISSUED_AT},
        {"exp": 10**400},
        {"jti": ""},
        {"jti": "x" * 200},
        {"jti": 5},
        *({name: None} for name in ("iss", "sub", "aud", "iat", "exp", "jti")),
    ],
)
async def test_an_invalid_token_is_unauthorized(
    client: httpx2.AsyncClient, make_token: MakeToken, changes: dict[str, Any]
) -> None:
    headers = bearer(make_token(**changes))
    answer = await client.post("/register/attributes", json=ATTRIBUTES, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x.y.z", "Basic ZnVuZDo=", "Bearer " + "x" * 5000]
)
async def test_a_request_without_a_token_is_unauthorized(
    client: httpx2.AsyncClient, fund_key: PrivateKey, authorization: str
) -> None:
    paths = ("certificate", "attributes", "attributes/batch")
    for path in (*(f"/register/{path}" for path in paths), "/terminal-certificates"):
        answer = await client.post(path, json={}, headers={"Authorization": authorization})
        assert answer.status_code == 401


async def test_a_deeply_nested_token_header_is_unauthorized(
    client: httpx2.AsyncClient, fund_key: PrivateKey
) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 2900).rstrip(b"=").decode()
    answer = await client.post("/register/attributes", json=ATTRIBUTES, headers=bearer(f"{nested}.e30.AA"))
    assert answer.status_code == 401


async def test_a_token_with_another_signature_or_none_is_unauthorized(
    client: httpx2.AsyncClient, make_token: MakeToken
) -> None:
    unsigned = make_token().rsplit(".", 1)[0] + "."
    for token in (make_token(key=ec.generate_private_key(ec.SECP256R1())), unsigned):
        answer = await client.post("/register/attributes", json=ATTRIBUTES, headers=bearer(token))
        assert answer.status_code == 401


async def test_every_call_is_unauthorized_before_the_fund_is_admitted(
    client: httpx2.AsyncClient, jlis: Jlis
) -> None:
    answer = await client.post("/register/attributes", json=ATTRIBUTES, headers=bearer("x.y.z"))
    assert answer.status_code == 401


async def test_a_token_is_valid_for_one_call(
    client: httpx2.AsyncClient, make_token: MakeToken, clock: MovableClock
) -> None:
    headers = bearer(make_token())
    statuses = []
    for seconds in (0, 1, 59, 63, 120):
        clock.now = NOW + timedelta(seconds=seconds)
        answer = await client.post("/register/attributes", json=ATTRIBUTES, headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [200, 401, 401, 401, 401]


async def test_used_tokens_are_deleted_once_they_have_expired(
    client: httpx2.AsyncClient, make_token: MakeToken, clock: MovableClock, jlis: Jlis
) -> None:
    await client.post("/register/attributes", json=ATTRIBUTES, headers=bearer(make_token()))
    clock.now = NOW + timedelta(minutes=5)
    later = int(clock.now.timestamp())
    token = make_token(iat=later, exp=later + 30)
    await client.post("/register/attributes", json=ATTRIBUTES, headers=bearer(token))
    assert len(jlis.store.rows("SELECT * FROM used_tokens")) == 1
