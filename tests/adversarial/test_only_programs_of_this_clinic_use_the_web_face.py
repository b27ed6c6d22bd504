"""The web face, served over real sockets: who has neither the terminal's key nor a client certificate stays outside."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from clinic_terminal.exchange.web import connections
from clinic_terminal.exchange.web.app import SEARCH_PATH, SIGN_IN_PATH
from clinic_terminal.exchange.web.serving import Tls, web_face
from clinic_terminal.exchange.web.terminal_key import FILE_NAME
from clinic_terminal.messages import json_codec
from clinic_terminal.store import TerminalStore
from tests.builders.clinic.clinic_software import eligibility_request
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.web_face import exchange_of
from tests.builders.tls import IssuedFiles, TlsAuthority

REQUEST = json_codec.encode(eligibility_request())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def authority(tmp_path: Path) -> TlsAuthority:
    return TlsAuthority(tmp_path, "clinic")


@contextmanager
def serving(home: Path, tls: Tls | None = None) -> Iterator[str]:
    with (
        TerminalStore.open(home) as store,
        web_face(lambda: exchange_of(FakeFund(), store), home, 0, tls) as url,
    ):
        yield url


def tls_of(authority: TlsAuthority, *, clients: bool = True) -> Tls:
    server = authority.server()
    return Tls(server.certificate, server.key, authority.file if clients else None)


def client(authority: TlsAuthority, own: IssuedFiles | None) -> AbstractContextManager[httpx2.Client]:
    context = ssl.create_default_context(cafile=authority.file)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return httpx2.Client(verify=context, trust_env=False)


def answer(http: httpx2.Client, url: str, key: str = "") -> httpx2.Response:
    """The answer to a look-up after a sign-in."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    signed_in = http.post(f"{url}{SIGN_IN_PATH}", headers=headers)
    if signed_in.status_code != 200:
        return signed_in
    token = signed_in.json()["result"]["idToken"]
    return http.post(f"{url}{SEARCH_PATH}", content=REQUEST, headers={"authorization": token})


def test_whoever_reads_the_terminals_key_signs_in(home: Path) -> None:
    with serving(home) as url, httpx2.Client(trust_env=False) as http:
        assert url.startswith("http://127.0.0.1:")
        assert answer(http, url).status_code == 401
        reply = answer(http, url, (home / FILE_NAME).read_text().strip())
    assert reply.status_code == 200
    assert reply.json()["XmlMsg"]["MessageBody"]["QualificationValidity"] == "1"


def test_a_key_of_an_earlier_start_does_not_sign_in(home: Path) -> None:
    with serving(home):
        former = (home / FILE_NAME).read_text().strip()
    with serving(home) as url, httpx2.Client(trust_env=False) as http:
        assert answer(http, url, former).status_code == 401


def test_whoever_presents_a_certificate_of_the_authority_signs_in(
    home: Path, authority: TlsAuthority
) -> None:
    with serving(home, tls_of(authority)) as url, client(authority, authority.client()) as http:
        assert url.startswith("https://")
        reply = answer(http, url)
    assert reply.json()["XmlMsg"]["MessageBody"]["QualificationValidity"] == "1"
    assert not (home / FILE_NAME).exists()


@pytest.mark.parametrize(
    "presented", ["none", "expired", "of another authority", "of an authority of that name"]
)
def test_any_other_client_is_not_connected(
    home: Path, tmp_path: Path, authority: TlsAuthority, presented: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    certificates: dict[str, IssuedFiles | None] = {
        "none": None,
        "expired": authority.client("expired", timedelta(seconds=-1)),
        "of another authority": TlsAuthority(other, "other").client(),
        "of an authority of that name": TlsAuthority(other, "clinic").client(),
    }
    with serving(home, tls_of(authority)) as url:
        with client(authority, certificates[presented]) as http, pytest.raises(httpx2.TransportError):
            answer(http, url)
        with client(authority, authority.client()) as http:
            assert answer(http, url).status_code == 200


def test_with_a_server_certificate_alone_the_key_signs_in(home: Path, authority: TlsAuthority) -> None:
    with serving(home, tls_of(authority, clients=False)) as url, client(authority, None) as http:
        assert answer(http, url).status_code == 401
        assert answer(http, url, (home / FILE_NAME).read_text().strip()).status_code == 200


def test_nothing_is_answered_without_tls_where_it_is_asked_for(home: Path, authority: TlsAuthority) -> None:
    with (
        serving(home, tls_of(authority)) as url,
        httpx2.Client(trust_env=False) as http,
        pytest.raises(httpx2.TransportError),
    ):
        answer(http, url.replace("https", "http"))


def test_old_versions_of_tls_are_not_spoken(home: Path, authority: TlsAuthority) -> None:
    with serving(home, tls_of(authority, clients=False)) as url:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority.file)
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.mark.parametrize("broken", ["certificate", "key", "client_authority"])
@pytest.mark.parametrize("fault", ["missing", "no certificate", "another's"])
def test_a_wrong_file_ends_the_start_with_an_error(
    home: Path, tmp_path: Path, authority: TlsAuthority, broken: str, fault: str
) -> None:
    server = authority.server()
    files = {"certificate": server.certificate, "key": server.key, "client_authority": authority.file}
    files[broken] = tmp_path / "wrong.pem"
    if fault == "no certificate":
        files[broken].write_text("-----BEGIN CERTIFICATE-----\n")
    if fault == "another's":
        if broken == "client_authority":
            return  # any authority is one
        other = tmp_path / "other"
        other.mkdir()
        issued = TlsAuthority(other, "clinic").server()
        files[broken] = issued.certificate if broken == "certificate" else issued.key
    with pytest.raises((FileNotFoundError, ssl.SSLError)), serving(home, Tls(**files)):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("web-face")]


def test_a_port_in_use_is_an_error_of_the_start(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, TerminalStore.open(home) as store:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OSError, match="in use"),
            web_face(lambda: exchange_of(FakeFund(), store), home, port),
        ):
            pass


def test_only_this_machine_can_connect(home: Path) -> None:
    with serving(home) as url:
        port = int(url.rsplit(":", 1)[1])
        addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
        for address in addresses - {"127.0.0.1"}:
            with pytest.raises((ConnectionRefusedError, TimeoutError)):
                socket.create_connection((str(address), port), timeout=2)


def test_headers_without_end_are_refused(home: Path) -> None:
    with serving(home) as url:
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(f"POST {SIGN_IN_PATH} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx: ".encode())
            connection.sendall(b"y" * 100_000)
            assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("sent", ["", "POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\r\nPOST"])
def test_a_head_that_never_comes_occupies_no_connection(
    home: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    with serving(home) as url:
        address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall(sent.encode())
            while connection.recv(1000):
                pass  # the refusal of a complete request, then the end


def test_idle_connections_do_not_shut_out_others_for_long(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    with serving(home) as url, ExitStack() as idle, httpx2.Client(trust_env=False) as http:
        address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
        held = [idle.enter_context(socket.create_connection(address, timeout=30)) for _ in range(100)]
        for connection in held:
            assert connection.recv(1) == b""
        assert answer(http, url, (home / FILE_NAME).read_text().strip()).status_code == 200


def test_the_server_ends_with_the_block(home: Path) -> None:
    with serving(home) as url:
        pass
    with httpx2.Client(trust_env=False) as http, pytest.raises(httpx2.ConnectError):
        http.post(f"{url}{SIGN_IN_PATH}")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("web-face")]
