"""A PC/SC service with virtual readers for one test: pcscd and its cards in namespaces of their own.

They have their own network (the driver's port is open to anybody), mounts and process numbers, and need no root.
Clients stay outside and reach pcscd by its socket (`PcscSandbox.environment`). Nothing survives the context, nor
the test process if that dies: the process inside ends with its standard input, and everything in there with it.
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
_PATIENCE_SECONDS = 10
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Where programs are: pcscd is a system's, and an ordinary user's PATH leaves those out."""


@cache
def what_is_missing() -> str | None:
    """What this machine lacks for a sandbox, in one line; None when it has everything."""
    if lacking := [program for program in _PROGRAMS if shutil.which(program, path=_PATH) is None]:
        return f"not installed: {', '.join(lacking)}"
    if not Path("/etc/reader.conf.d/vpcd").exists():
        return "not installed: vsmartcard-vpcd"
    if find_spec("smartcard") is None:
        return "not installed: pyscard"
    if subprocess.run([*_NAMESPACES, "true"], capture_output=True, check=False).returncode:
        return "this user may make no namespaces"
    return None


def require_pcsc() -> None:
    """Skip the test (or the module) where this machine cannot make a sandbox; in CI, by CI=true, let it fail."""
    if (missing := what_is_missing()) is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"PC/SC tests must run in CI: {missing}", pytrace=False)
    pytest.skip(f"PC/SC tests: {missing}", allow_module_level=True)


class PcscSandbox:
    """`with PcscSandbox(readers=2) as sandbox`: a running pcscd with that many readers (1 to 16), all empty.

    Raises:
        RuntimeError: it did not start; the text says what pcscd said.
    """

    def __init__(self, readers: int = 1) -> None:
        self._count = readers
        self.reader_names: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a client: this process's, with the way to the sandbox.

        The PC/SC library reads it once per process, so a client is a process of its own (see `client.py`).
        """
        return {**os.environ, **self.way}

    @property
    def way(self) -> dict[str, str]:
        """The variable that leads a client to the sandbox."""
        return {"PCSCLITE_CSOCK_NAME": str(self._folder / "pcscd.comm")}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Under /tmp whatever TMPDIR says: a socket's path has room for 107 bytes.
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="pcsc-", dir="/tmp")))
            self._process = stack.enter_context(_inside(self._folder, self._count))
            self.reader_names = self._answer()["readers"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def insert(self, reader: int, card: Path) -> None:
        """Put a card file into a reader (in place of the one in there); on return PC/SC has seen it.

        Raises:
            RuntimeError: the card is in another reader, or is none.
        """
        self._order(do="insert", reader=reader, card=str(card.resolve()))

    def remove(self, reader: int) -> None:
        """Take the card out of a reader; on return PC/SC has seen that, and the card's file is free."""
        self._order(do="remove", reader=reader)

    def run(self, *command: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a client program to its end, whatever that be; output and errors come back as text.

        Raises:
            subprocess.TimeoutExpired: it did not end in time and was killed.
        """
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        if error := self._answer()["error"]:
            raise RuntimeError(error)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the sandbox ended: " + (self._folder / "inside.log").read_text())
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _inside(folder: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [*_NAMESPACES, sys.executable, "-m", "tests.pcsc.sandbox_init", str(folder), str(count)]
    with (
        (folder / "inside.log").open("w") as log,
        subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, "PATH": _PATH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C is for the test, which then ends this one
        ) as process,
    ):
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # and with it, by --kill-child, everything inside
