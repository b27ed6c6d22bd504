"""The programs themselves accept the files for operators, with this machine's names and ports in place of the operator's."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from eligibility_api.embedded_postgres.cluster import programs_directory

DEPLOY = Path(__file__).parents[2] / "deploy"


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.skipif(find_spec("patroni") is None, reason="Patroni is not installed")
@pytest.mark.parametrize(
    ("changes", "finding"),
    [({}, ""), ({"ttl: 20": "ttl: ten"}, "ttl")],
    ids=["as it stands", "no number"],
)
def test_patroni_accepts_a_node_s_file_and_names_what_is_wrong_in_another(
    tmp_path: Path, changes: dict[str, str], finding: str
) -> None:
    text = read("patroni.yml").replace("/usr/lib/postgresql/18/bin", str(programs_directory()))
    text = text.replace("/var/lib/postgresql/18", str(tmp_path))
    for former, new in changes.items():
        assert former in text
        text = text.replace(former, new)
    with ExitStack() as stack:
        for name in ("db1", "db2", "db3"):  # Patroni looks whether etcd listens
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            text, count = re.subn(rf"\b{name}:2379", f"127.0.0.1:{listening.getsockname()[1]}", text)
            assert count == 1
        path = tmp_path / "patroni.yml"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "patroni", "--validate-config", "--ignore-listen-port", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is (finding == ""), done.stdout + done.stderr
    assert finding in done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")
@pytest.mark.parametrize(
    ("former", "new", "accepted"),
    [("", "", True), ("httpchk OPTIONS /primary", "httpchk-primary", False)],
    ids=["as it stands", "misspelled"],
)
def test_haproxy_accepts_the_file_for_database_and_api(
    tmp_path: Path, former: str, new: str, accepted: bool
) -> None:
    text, count = re.subn(r"\b(?:db|fund)([123]):", r"192.0.2.\1:", read("haproxy.cfg"))
    assert count == 5
    path = tmp_path / "haproxy.cfg"
    path.write_text(text.replace(former, new), encoding="utf-8")
    done = subprocess.run(["haproxy", "-c", "-f", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is accepted, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", ["shikaku.service", "shikaku-backup.service"])
@pytest.mark.parametrize(
    ("former", "new", "finding"),
    [("", "", ""), ("UMask=", "UMasks=", "'UMasks'")],
    ids=["as it stands", "misspelled"],
)
def test_systemd_accepts_a_unit_and_names_what_is_wrong_in_another(
    tmp_path: Path, name: str, former: str, new: str, finding: str
) -> None:
    text, count = re.subn(r"ExecStart=\S+", "ExecStart=/bin/true", read(name))
    assert count == 1
    path = tmp_path / name
    path.write_text(text.replace(former, new), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )
    assert bool(done.stderr) is bool(finding), done.stderr
    assert finding in done.stderr
