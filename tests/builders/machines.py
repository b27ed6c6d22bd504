"""Three machines on one: network namespaces with a file system of their own each, in which an operator's commands run.

A machine is this machine's file system with a layer of its own, a host name, and an address in 192.0.2.0/24. What would come
from the network or from systemd is a stand-in: `apt-get` makes the users and folders that the packages make, `python3 -m venv`
gives the programs of this environment, `ssh` enters another machine, `systemctl` starts what a unit says. All of it ends with
one process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eligibility_api.embedded_postgres.cluster import programs_directory

ROOT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "machine_stand_ins"
NAMES = ("db1", "db2", "db3")
TOOLS = ("unshare", "nsenter", "ip", "etcd", "etcdctl", "openssl", "curl", "runuser")
_START_SECONDS = 30.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def what_is_missing() -> str | None:
    """Why machines cannot be made here; None if they can."""
    if os.geteuid() != 0:
        return "only root makes machines"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    done = subprocess.run(
        ["unshare", "--mount", "--net", "ip", "link", "add", "sw", "type", "bridge"],
        capture_output=True,
        check=False,
    )
    return None if done.returncode == 0 else "this machine makes no network namespaces"


@dataclass(frozen=True, slots=True)
class Machines:
    """The machines that run. `switch`: the process that they end with."""

    folder: Path
    switch: int

    def files(self, name: str) -> Path:
        """The file system of a machine."""
        return self.folder / name / "root"

    def run(self, name: str, script: str, seconds: float, folder: str = "/root") -> str:
        """Run a bash script on a machine as root; returns what it prints. Fails with its first command that fails."""
        pid = (self.folder / "machines" / name).read_text().strip()
        # The machines' processes are numbered in a namespace of their own, so the first step enters that of the switch.
        command = ["nsenter", "--target", str(self.switch), "--mount", "--pid", "--net"]
        command += ["nsenter", "--target", pid, "--mount", "--uts", "--net", "--root", f"--wdns={folder}"]
        environment = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", "TZ": "Asia/Tokyo"}
        done = subprocess.run(
            [*command, "bash", "-eu", "-o", "pipefail", "-c", f"cd {folder}\n{script}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{script}\n{done.stdout[-4000:]}"
        return done.stdout


@contextmanager
def machines(folder: Path, shared: Mapping[str, str]) -> Iterator[Machines]:
    """Start three machines below `folder`. `shared`: text files that `db1` have in /root/release, by their path there."""
    (folder / "machines").mkdir(parents=True)
    (folder / "archive").mkdir()
    (folder / "archive").chmod(0o755)
    environment = dict(os.environ) | {
        "MACHINES": str(folder),
        "NAMES": " ".join(NAMES),
        "STAND_INS": str(STAND_INS),
        "ENVIRONMENT": str(Path(sys.executable).parent),
        "POSTGRES": str(programs_directory()),
    }
    with (folder / "machines.log").open("wb") as log:
        switch = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc", "bash", "-eu",
             str(STAND_INS / "switch")],
            env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        child = _child_of(switch, folder)
        release = folder / "release"
        for path, text in shared.items():
            (release / path).parent.mkdir(parents=True, exist_ok=True)
            (release / path).write_text(text, encoding="utf-8")
        yield Machines(folder, child)
    finally:
        assert switch.stdin is not None
        switch.stdin.close()  # the switch ends, and with its namespace every process of the machines
        try:
            switch.wait(timeout=_START_SECONDS)
        except subprocess.TimeoutExpired:
            switch.kill()
            switch.wait()


def _child_of(switch: subprocess.Popen[bytes], folder: Path) -> int:
    """The switch's own process, once the machines run."""
    deadline = time.monotonic() + _START_SECONDS
    while not (folder / "machines" / "ready").exists():
        assert switch.poll() is None, (folder / "machines.log").read_text()
        assert time.monotonic() < deadline, (folder / "machines.log").read_text()
        time.sleep(0.05)
    [child] = Path(f"/proc/{switch.pid}/task/{switch.pid}/children").read_text().split()
    return int(child)
