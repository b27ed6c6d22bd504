"""A fund behind real proxies: tokens are bound to client certificates, and nothing passes the proxy without one."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.types import Receive, Scope, Send

from eligibility_api.app import build
from eligibility_api.clients.tokens import Tokens
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential, token_form
from eligibility_api.contract.transport import ClientTls, open_transport
from eligibility_api.facilities.store import admit_certificate
from eligibility_api.web.client_certificate import thumbprint_of
from loadtest.http_client.connection import Connection, ConnectionFailed, request, with_body
from tests.builders.commands import Command
from tests.builders.devices import client_file, now, open_devices
from tests.builders.fund import Fund, opened
from tests.builders.proxies import Proxy, path_of, running_proxy
from tests.builders.real_server import serving

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
CHALLENGE = ("/v1/presence/challenges", {"purpose": "eligibility"})  # the fast path
HISTORY = ("/v1/eligibility/batches/00000000-0000-4000-8000-000000000001", None)  # the framework


@dataclass(frozen=True)
class Files:
    """The files of clients, by what is wrong with them, and the authority's."""

    good: Path
    other: Path
    expired: Path
    revoked: Path
    foreign: Path
    devices: Path
    crl: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("devices")
    devices, foreign = open_devices(folder), open_devices(folder / "foreign")
    revoked = client_file(devices, folder / "revoked.pem")
    devices.revoke(x509.load_pem_x509_certificate(revoked.read_bytes()).serial_number, now())
    crl = folder / "crl.pem"
    crl.write_bytes(devices.revocation_list(now() - timedelta(minutes=1), DAY))
    return Files(
        client_file(devices, folder / "good.pem"),
        client_file(devices, folder / "other.pem"),
        client_file(devices, folder / "expired.pem", start=now() - 3 * DAY),
        revoked,
        client_file(foreign, folder / "foreign" / "foreign.pem"),
        devices.trust_path,
        crl,
    )


@pytest.fixture(scope="module", params=["haproxy", "nginx"])
def proxy(
    request: pytest.FixtureRequest, files: Files, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    if path_of(request.param) is None:
        pytest.skip(f"{request.param} is not installed (scripts/system-packages)")
    with running_proxy(request.param, tmp_path_factory.mktemp("p"), files.devices, files.crl) as running:
        yield running


@asynccontextmanager
async def behind(fund: Fund, proxy: Proxy, *, required: bool = True) -> AsyncIterator[list[str]]:
    """The fund's application behind the proxy; yields the paths of the requests that reach it."""
    state = fund.state
    settings = state.settings.model_copy(update={"require_client_certificates": required})
    tokens = Tokens(state.keys.token, settings.audience, 300, must_be_bound=required)
    proxy.fund.unlink(missing_ok=True)
    app = build(opened(replace(state, settings=settings, tokens=tokens)))
    reached: list[str] = []

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            reached.append(scope["path"])
        await app(scope, receive, send)

    async with serving(noted, proxy.fund):
        yield reached


def tls(proxy: Proxy, certificate: Path | None) -> ssl.SSLContext:
    return ClientTls(proxy.authority, certificate).context()


def thumbprint(file: Path) -> str:
    return thumbprint_of(x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER))


async def admitted(fund: Fund, *files: Path) -> Credential:
    """A new terminal with these certificates."""
    credential = await fund.terminal()
    for file in files:
        async with fund.owner.transaction() as connection:
            client = fund_id(credential)
            assert await admit_certificate(connection, client, thumbprint(file), only=False)
    return credential


def fund_id(credential: Credential) -> UUID:
    return UUID(credential.client_id)


def form(credential: Credential) -> dict[str, str]:
    return token_form(credential, now=datetime.now(UTC), jti=secrets.token_urlsafe(16))


async def code_of(response: httpx2.Response) -> str | int:
    """The problem's code, or the status without one."""
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError):
        return response.status_code


async def ask(http: httpx2.AsyncClient, path: str, body: object, token: str, **headers: str) -> str | int:
    sent = {"Authorization": f"Bearer {token}"} | headers
    response = await (
        http.get(path, headers=sent) if body is None else http.post(path, json=body, headers=sent)
    )
    return await code_of(response)


async def test_a_token_is_its_certificates_alone_on_both_ways(fund: Fund, proxy: Proxy, files: Files) -> None:
    credential = await admitted(fund, files.good)
    forged = {"X-Client-Certificate": thumbprint(files.good)}
    async with (
        behind(fund, proxy),
        httpx2.AsyncClient(base_url=proxy.url, verify=tls(proxy, files.good)) as own,
        httpx2.AsyncClient(base_url=proxy.url, verify=tls(proxy, files.other)) as other,
        asyncio.timeout(60),
    ):
        answer = await own.post("/v1/token", data=form(credential))
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        assert await ask(own, *CHALLENGE, token) == 200
        assert await ask(own, *HISTORY, token) in {"not-found", "right-missing", "batch-not-found"}
        for path, body in (CHALLENGE, HISTORY):
            assert await ask(other, path, body, token) == "client-certificate-wrong"
            assert await ask(other, path, body, token, **forged) == "client-certificate-wrong"
        refused = await other.post("/v1/token", data=form(credential), headers=forged)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        # Past the proxy there is no certificate, whatever a header says, but over its own socket.
        async with (
            serving(build(opened(fund.state))) as address,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{address[1]}") as past,
        ):
            for path, body in (CHALLENGE, HISTORY):
                assert await ask(past, path, body, token, **forged) == "client-certificate-missing"


@pytest.mark.parametrize("kind", ["none", "expired", "revoked", "foreign"])
async def test_another_certificate_is_refused_by_the_proxy_and_named(
    fund: Fund, proxy: Proxy, files: Files, kind: str
) -> None:
    """The terminal's error is `proxy-refused`: never an unreadable answer, and nothing about a person."""
    file = getattr(files, kind, None)

    def sign_in() -> str:
        transport = open_transport(proxy.url, ClientTls(proxy.authority, file))
        with FundClient(proxy.url, fund.clinic, clock=now, transport=transport) as client:
            try:
                return client.sign_in()
            except ShikakuError as error:
                return error.code

    async def load() -> str:
        try:
            connection = await Connection.open("127.0.0.1", proxy.port, tls(proxy, file))
            head = request("POST", "/v1/token", host="127.0.0.1")
            return str((await connection.exchange(with_body(head, b"{}"))).status)
        except ConnectionFailed as error:
            return str(error)

    async with behind(fund, proxy) as reached:
        assert await asyncio.to_thread(sign_in) == "proxy-refused"
        assert await load() in {"client certificate refused", "400"}
    assert reached == []


async def test_a_client_without_an_admitted_certificate_is_refused_if_one_is_required(
    fund: Fund, proxy: Proxy, files: Files
) -> None:
    credential = await admitted(fund)
    for required, outcome in ((True, "client-certificate-wrong"), (False, 200)):
        async with (
            behind(fund, proxy, required=required),
            httpx2.AsyncClient(base_url=proxy.url, verify=tls(proxy, files.good)) as own,
        ):
            assert await code_of(await own.post("/v1/token", data=form(credential))) == outcome


async def test_a_rotation_interrupts_nothing_until_the_next_but_one(
    fund: Fund, proxy: Proxy, files: Files
) -> None:
    credential = await admitted(fund, files.good, files.other)
    async with behind(fund, proxy):
        for file in (files.good, files.other):
            async with httpx2.AsyncClient(base_url=proxy.url, verify=tls(proxy, file)) as own:
                assert await code_of(await own.post("/v1/token", data=form(credential))) == 200


async def test_a_resumed_session_has_its_certificate(fund: Fund, proxy: Proxy, files: Files) -> None:
    credential = await admitted(fund, files.good)
    context = tls(proxy, files.good)

    def post(
        session: ssl.SSLSession | None, path: str, body: str, **headers: str
    ) -> tuple[int, bytes, Any, bool]:
        connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, context=context, timeout=30)
        connection.connect()
        if session is not None:
            connection.close()
            raw = socket.create_connection(("127.0.0.1", proxy.port), 30)
            connection.sock = context.wrap_socket(raw, server_hostname="127.0.0.1", session=session)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        content = response.read()
        assert isinstance(connection.sock, ssl.SSLSocket)
        outcome = (response.status, content, connection.sock.session, bool(connection.sock.session_reused))
        connection.close()
        return outcome

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with behind(fund, proxy):
        status, content, session, _ = await asyncio.to_thread(
            lambda: post(None, "/v1/token", urlencode(form(credential)), **kind)
        )
        assert status == 200
        headers = {
            "Authorization": f"Bearer {json.loads(content)['access_token']}",
            "Content-Type": "application/json",
        }
        path, body = CHALLENGE
        status, _, _, resumed = await asyncio.to_thread(
            lambda: post(session, path, json.dumps(body), **headers)
        )
        assert (status, resumed) == (200, True)


async def reaches(proxy: Proxy, certificate: Path) -> bool:
    """Whether a new connection with this certificate reaches the fund."""
    try:
        async with httpx2.AsyncClient(base_url=proxy.url, verify=tls(proxy, certificate)) as http:
            return (await http.get("/healthz")).status_code == 200
    except (httpx2.TransportError, ssl.SSLError):
        return False


async def until(proxy: Proxy, certificate: Path, *, accepted: bool) -> None:
    async with asyncio.timeout(60):
        while await reaches(proxy, certificate) is not accepted:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
async def test_a_reloaded_proxy_accepts_devices_of_the_former_and_the_next_authority(
    fund: Fund, files: Files, tmp_path: Path, name: str
) -> None:
    if path_of(name) is None:
        pytest.skip(f"{name} is not installed (scripts/system-packages)")
    following = open_devices(tmp_path / "next")
    certificate = client_file(following, tmp_path / "next.pem")
    lists = [files.crl.read_bytes(), following.revocation_list(now() - timedelta(minutes=1), DAY)]
    trusted = [files.devices.read_bytes(), following.trust_path.read_bytes()]
    authorities, revoked = tmp_path / "devices.pem", tmp_path / "crl.pem"

    def write(generations: slice) -> None:
        authorities.write_bytes(b"".join(trusted[generations]))
        revoked.write_bytes(b"".join(lists[generations]))

    write(slice(0, 1))
    with running_proxy(name, tmp_path, authorities, revoked) as proxy:
        async with behind(fund, proxy, required=False):
            assert await reaches(proxy, files.good)
            assert not await reaches(proxy, certificate)
            write(slice(0, 2))
            proxy.reload()
            await until(proxy, certificate, accepted=True)
            assert await reaches(proxy, files.good)
            write(slice(1, 2))
            proxy.reload()
            await until(proxy, files.good, accepted=False)
            assert await reaches(proxy, certificate)


@pytest.mark.usefixtures("external_database")
async def test_the_command_admits_a_certificate_and_leaves_a_record(
    fund: Fund, command: Command, files: Files
) -> None:
    credential = await fund.terminal()
    for words, admitted in (
        ((str(files.good),), [files.good]),
        ((str(files.other),), [files.good, files.other]),
        ((str(files.good), "--only"), [files.good]),
    ):
        done = await command("client", "certify", credential.client_id, *words)
        assert (done.code or 0, done.out.strip()) == (0, thumbprint(Path(words[0])))
        record = (await fund.records())[-1]
        assert (record["kind"], str(record["client_id"])) == ("admission.certificate", credential.client_id)
        assert json.loads(record["detail"])["certificates"] == [thumbprint(file) for file in admitted]


@pytest.mark.usefixtures("external_database")
async def test_an_unknown_client_or_file_is_refused_and_nothing_recorded(
    fund: Fund, command: Command, files: Files, tmp_path: Path
) -> None:
    earlier = len(await fund.records())
    (tmp_path / "text.pem").write_text("no certificate")
    nobody = "00000000-0000-4000-8000-000000000000"
    for client, file in (
        (nobody, files.good),
        (fund.clinic.client_id, tmp_path / "text.pem"),
        (fund.clinic.client_id, tmp_path / "none.pem"),
    ):
        assert (await command("client", "certify", client, str(file))).code
    assert len(await fund.records()) == earlier
