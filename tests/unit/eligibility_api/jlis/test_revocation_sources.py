"""Fetching CRLs and asking OCSP: the request, and that only a validated answer becomes a status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from joserfc.jwk import ECKey

from eligibility_api.domain.certificate import key_sha256
from eligibility_api.domain.revocation import RevocationDataRejected
from eligibility_api.jlis.client import Jlis
from tests.unit.eligibility_api.domain.revocations import NOW, SERIAL, authority

pytestmark = pytest.mark.anyio

KEY = ECKey.generate_key("P-256")
AUTHORITY = bytes(range(32))
Respond = Callable[[httpx2.Request], httpx2.Response]

FAILURES: dict[str, Exception | httpx2.Response] = {
    "ConnectError": httpx2.ConnectError("refused"),
    "ReadTimeout": httpx2.ReadTimeout("slow"),
    "RemoteProtocolError": httpx2.RemoteProtocolError("cut"),
    "HTTPStatusError": httpx2.Response(500),
}


class Source:
    """A revocation source with one answer, which keeps its requests."""

    def __init__(self, answer: Exception | httpx2.Response) -> None:
        self.answer = answer
        self.requests: list[httpx2.Request] = []

    async def respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url="http://jlis.test", transport=httpx2.MockTransport(self.respond))


async def test_a_list_is_fetched_by_its_authoritys_key_and_returned_unread() -> None:
    source = Source(httpx2.Response(200, content=b"any bytes"))
    async with source.client() as http:
        assert await Jlis(http, KEY, lambda: NOW).crl(AUTHORITY) == b"any bytes"
    [request] = source.requests
    assert (request.method, request.url.path) == ("GET", f"/crl/{AUTHORITY.hex()}.crl")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("status", [301, 404, 500, 503])
async def test_a_list_with_another_status_is_rejected(status: int) -> None:
    async with Source(httpx2.Response(status, content=b"list")).client() as http:
        with pytest.raises(RevocationDataRejected, match="no list: HTTPStatusError"):
            await Jlis(http, KEY, lambda: NOW).crl(AUTHORITY)


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_is_named_by_its_type_alone(failure: str) -> None:
    async with Source(FAILURES[failure]).client() as http:
        jlis = Jlis(http, KEY, lambda: NOW)
        with pytest.raises(RevocationDataRejected) as of_list:
            await jlis.crl(AUTHORITY)
        with pytest.raises(RevocationDataRejected) as of_status:
            await jlis.status(authority(), SERIAL, timedelta(minutes=1))
    assert str(of_list.value) == f"no list: {failure}"
    assert str(of_status.value) == f"no answer: {failure}"


async def asked(serial: int) -> tuple[httpx2.Request, ocsp.OCSPRequest]:
    source = Source(httpx2.Response(200, content=b"no answer"))
    async with source.client() as http:
        with pytest.raises(RevocationDataRejected):
            await Jlis(http, KEY, lambda: NOW).status(authority(), serial, timedelta(minutes=1))
    [request] = source.requests
    return request, ocsp.load_der_ocsp_request(request.content)


@pytest.mark.parametrize("serial", [1, SERIAL, 2**159 - 1])
async def test_a_status_is_asked_for_one_certificate_of_its_authority(serial: int) -> None:
    request, question = await asked(serial)
    ca = authority()
    assert request.url.path == f"/ocsp/{key_sha256(ca.public_key()).hex()}"
    assert request.headers["content-type"] == "application/ocsp-request"
    assert question.serial_number == serial
    assert isinstance(question.hash_algorithm, hashes.SHA1)
    assert question.issuer_key_hash == x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
    digest = hashes.Hash(hashes.SHA1())
    digest.update(ca.subject.public_bytes())
    assert question.issuer_name_hash == digest.finalize()


async def test_each_question_has_a_nonce_of_its_own() -> None:
    nonces = {
        (await asked(SERIAL))[1].extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        for _ in range(10)
    }
    assert len(nonces) == 10
    assert {len(nonce) for nonce in nonces} == {16}


async def test_a_rejected_answer_frees_its_place() -> None:
    source = Source(httpx2.Response(200, content=b"no answer"))
    async with source.client() as http:
        jlis = Jlis(http, KEY, lambda: NOW)
        for _ in range(200):
            with pytest.raises(RevocationDataRejected, match="not an OCSP"):
                await jlis.status(authority(), SERIAL, timedelta(minutes=1))
