"""Real reverse proxies with the configurations of `deploy/proxy`, on a free port before a fund on a Unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.builders.devices import server_files

CONFIGURATIONS = Path(__file__).parents[2] / "deploy" / "proxy"

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{configuration}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    name: str
    url: str
    port: int
    authority: Path
    """The authority of its own certificate."""
    fund: Path
    """The Unix socket of the fund behind it."""
    process: subprocess.Popen[bytes]

    def reload(self) -> None:
        """Let it read its files again, as `systemctl reload` does."""
        self.process.send_signal(signal.SIGHUP if self.name == "nginx" else signal.SIGUSR2)


def path_of(name: str) -> str | None:
    """The path of a proxy's program; None if it is not installed."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running_proxy(name: str, folder: Path, devices: Path, revoked: Path) -> Iterator[Proxy]:
    """Run `nginx` or `haproxy` until the end of the block.

    `devices`: the authority of client certificates, `revoked`: its revocation list.
    """
    program = path_of(name)
    assert program is not None
    server, authority = server_files(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fund = folder / "fund.sock"
    text = (CONFIGURATIONS / ("nginx.conf" if name == "nginx" else "haproxy.cfg")).read_text(encoding="utf-8")
    for documented, actual in {
        "/etc/shikaku/fund.pem": server,
        "/etc/shikaku/devices.pem": devices,
        "/etc/shikaku/devices.crl.pem": revoked,
        "/run/shikaku/fund.sock": fund,
        **(
            {"listen 443 ssl": f"listen 127.0.0.1:{port} ssl"}
            if name == "nginx"
            else {"bind :443": f"bind 127.0.0.1:{port}", "maxconn 20000": "maxconn 200"}
        ),
    }.items():
        assert documented in text
        text = text.replace(documented, str(actual))
    file = folder / "proxy.conf"
    if name == "nginx":
        file.write_text(_NGINX.format(folder=folder, configuration=text))
        words = [program, "-c", str(file), "-p", str(folder), "-e", str(folder / "log")]
        if os.geteuid() == 0:
            words += ["-g", "user root;"]
    else:
        file.write_text(text)
        words = [program, "-W", "-db", "-f", str(file)]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output)
    try:
        _await_port(port, process, folder / "output")
        yield Proxy(name, f"https://127.0.0.1:{port}", port, authority, fund, process)
    finally:
        process.terminate()
        process.wait(20)


def _await_port(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    end = monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or monotonic() > end:
            raise AssertionError(output.read_text(errors="replace"))
        sleep(0.02)
