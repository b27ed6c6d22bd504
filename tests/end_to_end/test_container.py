"""The container of the stack: the example that starts one with podman, and the image, built and run by buildah.

The image is built in `make deep` only, where buildah is installed and `SHIKAKU_BASE_IMAGE` names an image with Python: no
image is named here. `examples/container/base-image.sh` makes one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from shikaku.ports import Ports
from tests.depth import DEEP

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "container"
BUILD_SECONDS, READY_SECONDS = 1800, 300

PODMAN = """#!/bin/sh
echo "$*" >>"$LOG"
case "$1 $2" in
    "image exists") test -e "$IMAGE" ;;
    build*) touch "$IMAGE" ;;
    run*) echo c0ffee ;;
    "healthcheck run") echo starting; echo x >>"$TRIES"; test "$(wc -l <"$TRIES")" -gt "$STARTING" ;;
    "container exists") test "$(wc -l <"$TRIES")" -lt "$DIES_AT" ;;
    logs*) echo "no address" ;;
esac
"""
"""A podman whose container becomes healthy at the question after `STARTING`, or is gone at question `DIES_AT`."""


@pytest.fixture
def in_a_container(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]]:
    """Runs the example with that podman; returns its end, and what podman was asked."""
    podman, sleep = tmp_path / "bin" / "podman", tmp_path / "bin" / "sleep"
    podman.parent.mkdir()
    podman.write_text(PODMAN, encoding="utf-8")
    sleep.write_text("#!/bin/sh\n", encoding="utf-8")
    podman.chmod(0o755)
    sleep.chmod(0o755)
    for name in ("log", "tries"):
        (tmp_path / name).touch()

    def run(*command: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        usual = {"STARTING": "2", "DIES_AT": "99", "BASE": "python"}
        files = {name: str(tmp_path / name.lower()) for name in ("LOG", "TRIES", "IMAGE")}
        done = subprocess.run(
            ["sh", str(EXAMPLES / "with-shikaku.sh"), *command],
            env={"PATH": f"{podman.parent}:{os.environ['PATH']}", **files, **usual, **variables},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done, [line.partition(" --")[0] for line in (tmp_path / "log").read_text().splitlines()]

    return run


def test_a_command_runs_while_the_container_is_healthy(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]], tmp_path: Path
) -> None:
    done, asked = in_a_container("sh", "-c", 'echo run >>"$LOG"; echo "$0 done"; exit 7', "it is")
    assert (done.returncode, done.stdout) == (7, "it is done\n")
    healthy = ["healthcheck run c0ffee", "container exists c0ffee"] * 2 + ["healthcheck run c0ffee"]
    assert asked == ["image exists localhost/shikaku", "build", "run", *healthy, "run", "stop c0ffee"]
    log = (tmp_path / "log").read_text()
    assert f"build --format docker --build-arg BASE=python --tag localhost/shikaku {ROOT}\n" in log
    ports = re.findall(r"127\.0\.0\.1:(\d+):\1 ", log)
    assert sorted(map(int, ports)) == sorted(asdict(Ports.named("fixed")).values())
    in_a_container("true")
    assert (tmp_path / "log").read_text().count("build ") == 1  # the image is there


def test_a_container_that_ends_ends_the_wait_with_its_log(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]],
) -> None:
    done, asked = in_a_container("echo", "run", DIES_AT="3", STARTING="9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The stack is not ready:\nno address\n"
    assert asked[-1] == "stop c0ffee"


def test_without_an_image_to_build_on_nothing_is_started(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]],
) -> None:
    done, asked = in_a_container("true", BASE="")
    assert done.returncode != 0
    assert "BASE: names an image" in done.stderr
    assert asked == ["image exists localhost/shikaku"]


def test_the_container_is_locked_unprivileged_and_watched() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert text.count("FROM ${BASE}") == text.count("FROM ") == 2
    assert text.count("--require-hashes") == text.count("pip install") - 1  # the wheel itself is built here
    assert "--no-deps /wheel/" in text
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert "HEALTHCHECK" in text
    for lock in ("demo", "build"):
        assert f"locks/{lock}.txt" in text


TOOL = """#!/bin/sh
echo "${0##*/} $*" >>"$LOG"
case "${0##*/} $1" in "buildah from") echo c0ffee ;; esac
"""


@pytest.mark.parametrize("suite", ["", "trixie"])
def test_a_base_image_is_made_of_debians_packages(tmp_path: Path, suite: str) -> None:
    for name in ("debootstrap", "buildah"):
        (tmp_path / name).write_text(TOOL, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh", str(EXAMPLES / "base-image.sh"), "localhost/python"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "SUITE": suite},
        cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    made, *image = (tmp_path / "log").read_text().splitlines()
    start, _, folder = made.rpartition(" ")
    assert start == f"debootstrap --variant=minbase --include=python3,python3-venv {suite or 'bookworm'}"
    assert not Path(folder).exists()
    assert image == [
        "buildah from scratch",
        f"buildah add --quiet c0ffee {folder} /",
        "buildah commit --quiet --rm c0ffee localhost/python",
    ]


def test_without_a_name_no_base_image_is_made() -> None:
    done = subprocess.run(
        ["sh", str(EXAMPLES / "base-image.sh")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode != 0, "names the image" in done.stderr) == (True, True)


NAME, ADDRESS = "shikaku-test", "192.0.2.10"
"""The container's name, and its own address in a network of its own (RFC 5737)."""

OF_PIP = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""What pip needs on some machines to reach a package index; the build reads it where there is one."""

IN_A_NETWORK_OF_ITS_OWN = f'ip link set lo up && ip address add {ADDRESS}/32 dev lo && exec "$@"'

STATUSES = f"""
import http.client, sys
for port in sys.argv[1:]:
    connection = http.client.HTTPConnection("{ADDRESS}", int(port), timeout=10)
    connection.request("GET", "/", headers={{"Host": f"127.0.0.1:{{port}}"}})
    print(port, connection.getresponse().status)
"""
"""What each port answers to a client outside of the container, to which it is published at the loopback address."""

TOOLS = ("buildah", "ip", "unshare", "nsenter")

needs_buildah = pytest.mark.skipif(
    not DEEP
    or os.geteuid() != 0
    or not all(map(shutil.which, TOOLS))
    or "SHIKAKU_BASE_IMAGE" not in os.environ,
    reason=f"builds and runs an image: in make deep, as root, with {', '.join(TOOLS)} and SHIKAKU_BASE_IMAGE",
)


def buildah(*words: str | Path) -> str:
    done = subprocess.run(
        ["buildah", *words], capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


@pytest.fixture
def image() -> Iterator[str]:
    """The image of this checkout; removed at the end, since every one takes a gigabyte."""
    name = "localhost/shikaku-test"
    readable = [f"--volume={file}:{file}:ro" for file in OF_PIP if Path(file).exists()]
    base = f"BASE={os.environ['SHIKAKU_BASE_IMAGE']}"
    buildah("build", "--format", "docker", *readable, "--build-arg", base, "--tag", name, ROOT)
    yield name
    buildah("rmi", name)


@dataclass(frozen=True)
class Container:
    """A container that runs what its image says, and the process that holds it."""

    name: str
    image: dict[str, Any]
    process: subprocess.Popen[bytes]

    def is_healthy(self) -> bool:
        """Run the image's health check."""
        kind, command = self.image["Healthcheck"]["Test"]
        assert kind == "CMD-SHELL"
        done = subprocess.run(
            ["buildah", "run", self.name, "--", "/bin/sh", "-c", command],
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode == 0

    def main_process(self) -> int:
        """The process that the image starts, by its network and its command."""
        network = Path(f"/proc/{self.process.pid}/ns/net").readlink()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if (folder / "ns" / "net").readlink() == network and b"/shikaku\0--home" in command:
                    found.append(int(folder.name))
        return min(found)

    def statuses(self, ports: Iterable[str]) -> str:
        """The status of each port's start page."""
        network = f"--net=/proc/{self.process.pid}/ns/net"
        command = ["nsenter", network, sys.executable, "-c", STATUSES, *ports]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture
def container(image: str, tmp_path: Path) -> Iterator[Container]:
    """Started in a network of its own, where its name has its address, as container engines do."""
    config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    name = buildah("from", "--add-host", f"{NAME}:{ADDRESS}", image)
    command = ["buildah", "run", "--hostname", NAME, name, "--", *config["Entrypoint"]]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", IN_A_NETWORK_OF_ITS_OWN, "sh", *command], stdout=log, stderr=log
        )
    started = Container(name, config, process)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not started.is_healthy():
            assert process.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, (tmp_path / "log").read_text(encoding="utf-8")
            time.sleep(config["Healthcheck"]["Interval"] / 1e9)
        yield started
    finally:
        if process.poll() is None:
            os.kill(started.main_process(), signal.SIGKILL)
        process.wait(60)
        buildah("rm", name)


@needs_buildah
def test_the_container_is_built_becomes_healthy_answers_and_ends(container: Container) -> None:
    ports = sorted(port.partition("/")[0] for port in container.image["ExposedPorts"])
    assert ports == sorted(map(str, asdict(Ports.named("fixed")).values()))
    found = dict(line.split() for line in container.statuses(ports).splitlines())
    assert list(found) == ports
    assert set(found.values()) <= {"200", "303", "307", "401", "404"}
    main = container.main_process()
    [uid] = re.findall(r"^Uid:\t(\d+)", Path(f"/proc/{main}/status").read_text(), re.MULTILINE)
    assert uid == container.image["User"] == "10001"
    os.kill(main, signal.Signals[container.image["StopSignal"]])
    assert container.process.wait(120) == 130
    assert not container.is_healthy()
