"""Revocation lists and OCSP over HTTP."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from jpki_mock.authority.values import CaId, Kind
from jpki_mock.jlis import Jlis
from tests.unit.jpki_mock.builders import NOW, an_application, issued
from tests.unit.jpki_mock.service.conftest import MovableClock

pytestmark = pytest.mark.anyio
OCSP_TYPE = {"Content-Type": "application/ocsp-request"}


def a_request(jlis: Jlis) -> bytes:
    certificate = jlis.certificates.issue(an_application(jlis), NOW)
    root = jlis.authorities.get(CaId(Kind.AUTHENTICATION, 1)).certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, root, hashes.SHA1())
    return builder.build().public_bytes(Encoding.DER)


async def test_a_change_is_in_the_list_immediately(client: httpx2.AsyncClient, jlis: Jlis) -> None:
    before = await client.get("/crl/sign-1.crl")
    name = issued(jlis, kind=Kind.SIGNATURE)
    jlis.certificates.suspend(name, NOW)
    after = await client.get("/crl/sign-1.crl")
    assert before.headers["content-type"] == after.headers["content-type"] == "application/pkix-crl"
    found = [
        x509.load_der_x509_crl(answer.content).get_revoked_certificate_by_serial_number(name.serial)
        for answer in (before, after)
    ]
    assert found[0] is None
    assert found[1] is not None


async def test_an_outdated_list_is_regenerated_on_request(
    client: httpx2.AsyncClient, clock: MovableClock
) -> None:
    first = await client.get("/crl/auth-1.crl")
    clock.now += timedelta(minutes=14)
    assert (await client.get("/crl/auth-1.crl")).content == first.content
    clock.now += timedelta(minutes=1)
    assert (await client.get("/crl/auth-1.crl")).content != first.content


async def test_ocsp_is_answered_by_post_and_by_get(client: httpx2.AsyncClient, jlis: Jlis) -> None:
    request = a_request(jlis)
    encoded = base64.b64encode(request).decode()
    answers = [
        await client.post("/ocsp/auth-1", content=request, headers=OCSP_TYPE),
        await client.get(f"/ocsp/auth-1/{quote(encoded, safe='')}"),
        await client.get(f"/ocsp/auth-1/{encoded}"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/ocsp-response"
        parsed = ocsp.load_der_ocsp_response(answer.content)
        assert parsed.certificate_status is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize("ca_id", ["auth-2", "terminal-1", "other-1", "auth-x", "..%2Fkeys"])
async def test_only_the_authorities_of_residents_have_lists(client: httpx2.AsyncClient, ca_id: str) -> None:
    answer = await client.get(f"/crl/{ca_id}.crl")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/ocsp/auth-1", "text/plain", 415),
        ("/ocsp/auth-1", "text/plain; application/ocsp-request", 415),
        ("/ocsp/auth-1", "application/ocsp-requests", 415),
        ("/ocsp/auth-1", "application/ocsp-response", 415),
        ("/ocsp/auth-1", "application/json", 415),
        ("/ocsp/auth-9", "application/ocsp-request", 404),
    ],
)
async def test_other_content_than_an_ocsp_request_is_rejected(
    client: httpx2.AsyncClient, path: str, content_type: str, status: int
) -> None:
    answer = await client.post(path, content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "content_type",
    [
        "application/ocsp-request; charset=binary",
        "application/ocsp-request;x=y",
        "Application/OCSP-Request",
        " application/ocsp-request ; version=1",
    ],
)
async def test_the_type_of_an_ocsp_request_may_have_parameters(
    client: httpx2.AsyncClient, jlis: Jlis, content_type: str
) -> None:
    answer = await client.post(
        "/ocsp/auth-1", content=a_request(jlis), headers={"Content-Type": content_type.strip()}
    )
    assert answer.headers["content-type"] == "application/ocsp-response"
    parsed = ocsp.load_der_ocsp_response(answer.content)
    assert parsed.certificate_status is ocsp.OCSPCertStatus.GOOD


async def test_a_url_that_is_not_base64_is_rejected(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/ocsp/auth-1/not!base64")).status_code == 400


async def test_a_large_body_is_rejected_before_it_is_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/ocsp/auth-1", content=b"x" * 20_000, headers=OCSP_TYPE)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_large_body_without_a_length_is_rejected(client: httpx2.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1_000

    answer = await client.post("/ocsp/auth-1", content=parts(), headers=OCSP_TYPE)
    assert answer.status_code == 413
