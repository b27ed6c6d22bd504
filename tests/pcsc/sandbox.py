"""A PC/SC service with virtual readers for one test: pcscd and its cards in separate namespaces.

They have their own network (the driver's port accepts any client), mounts and process numbers, and need no
root. Clients run outside and reach pcscd by its socket (`PcscSandbox.environment`). Nothing survives the
context or the test process: the first process inside (`sandbox_init.py`) ends with its standard input, and
all others with it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest

_ROOT = Path(__file__).parents[2]
_NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--kill-child"]
_PROGRAMS = ("unshare", "mount", "pcscd", "opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl")
_TIMEOUT_SECONDS = 10
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Includes the system's directories, which contain pcscd and are not in an ordinary user's PATH."""


@cache
def missing_requirement() -> str | None:
    """The requirement of a sandbox that this machine lacks, in one line; None when it has all."""
    if absent := [program for program in _PROGRAMS if shutil.which(program, path=_PATH) is None]:
        return f"not installed: {', '.join(absent)}"
    if not Path("/etc/reader.conf.d/vpcd").exists():
        return "not installed: vsmartcard-vpcd"
    if find_spec("smartcard") is None:
        return "not installed: pyscard"
    if subprocess.run([*_NAMESPACES, "true"], capture_output=True, check=False).returncode:
        return "this user may not create namespaces"
    return None


def require_pcsc() -> None:
    """Skip the test (or the module) where this machine cannot create a sandbox; with CI=true fail instead."""
    if (missing := missing_requirement()) is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"PC/SC tests must run in CI: {missing}", pytrace=False)
    pytest.skip(f"PC/SC tests: {missing}", allow_module_level=True)


class PcscSandbox:
    """`with PcscSandbox(readers=2) as sandbox`: a running pcscd with that many readers (1 to 16), all empty.

    Raises:
        RuntimeError: it did not start; the text is the log of pcscd.
    """

    def __init__(self, readers: int = 1) -> None:
        self._count = readers
        self.reader_names: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a client: this process's, with the socket of the sandbox.

        The PC/SC library reads it once per process, so a client is a process of its own (see
        `remote_scard.py`).
        """
        return {**os.environ, **self.socket_variables}

    @property
    def socket_variables(self) -> dict[str, str]:
        """The environment variable with the sandbox's socket."""
        return {"PCSCLITE_CSOCK_NAME": str(self._folder / "pcscd.comm")}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Always under /tmp: a socket's path may have at most 107 bytes.
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="pcsc-", dir="/tmp")))
            self._process = stack.enter_context(_init_process(self._folder, self._count))
            self.reader_names = self._reply()["readers"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def insert(self, reader: int, card: Path) -> None:
        """Insert a card file into a reader, in place of its present card; on return PC/SC has detected it.

        Raises:
            RuntimeError: the card is in another reader, or the file is no card.
        """
        self._send(do="insert", reader=reader, card=str(card.resolve()))

    def remove(self, reader: int) -> None:
        """Remove the card from a reader; on return PC/SC has detected it, and the card's file is free."""
        self._send(do="remove", reader=reader)

    def run(self, *command: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a client program to its end, whatever its exit code; returns output and errors as text.

        Raises:
            subprocess.TimeoutExpired: it timed out and was killed.
        """
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def _send(self, **request: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if error := self._reply()["error"]:
            raise RuntimeError(error)

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the sandbox ended: " + (self._folder / "init.log").read_text())
        reply: dict[str, Any] = json.loads(line)
        return reply


@contextmanager
def _init_process(folder: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [*_NAMESPACES, sys.executable, "-m", "tests.pcsc.sandbox_init", str(folder), str(count)]
    with (
        (folder / "init.log").open("w") as log,
        subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, "PATH": _PATH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C goes to the test only, which then stops this process
        ) as process,
    ):
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # --kill-child then kills everything inside
