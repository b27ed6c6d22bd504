"""Webhooks of a running stack: the programs of `docs/webhooks.md` as written, and the insurer's `payer-mock listen`."""

from __future__ import annotations

import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from shikaku.processes import command_line
from tests.builders.member_files import csv_file
from tests.builders.stack import PopulatedStack

ROOT = Path(__file__).parents[2]
INSURER = "01130012"
PAGE, JAPANESE_PAGE = (ROOT / "docs" / name for name in ("webhooks.md", "webhooks.ja.md"))


def programs(page: Path) -> dict[str, str]:
    """The programs of a page by language."""
    found = re.findall(
        r"<!-- program: (\w+) -->\n\n```\w+\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
    return dict(found)


def test_both_pages_have_the_same_programs() -> None:
    assert set(programs(PAGE)) == {"sh", "python"}
    assert programs(PAGE) == programs(JAPANESE_PAGE)


@pytest.fixture
def port() -> int:
    """A free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


NextLine = Callable[[], str]


@contextmanager
def program(stack: PopulatedStack, command: Sequence[str | Path], **variables: str) -> Iterator[NextLine]:
    """A program that runs meanwhile; returns the next line of its output, within a minute."""
    environment = stack.environment | {"PATH": os.environ["PATH"]} | variables
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield lambda: lines.get(timeout=60)
    finally:
        process.terminate()
        reading.join()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def call(stack: PopulatedStack, token: str, path: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.post(f"{stack.wiring['TERMINAL_FUND_URL']}{path}", headers=headers)


def test_the_programs_of_the_page_receive_a_signed_event(stack: PopulatedStack, port: int) -> None:
    made = subprocess.run(
        ["sh", "-euc", programs(PAGE)["sh"].removeprefix(". var/demo.env\n").replace("9000", str(port))],
        cwd=ROOT, env=stack.environment | {"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    receiver = (sys.executable, "-X", "utf8", "-c", programs(PAGE)["python"])
    with program(stack, receiver, WEBHOOK_SECRET=answer["secret"], PORT=str(port)) as next_line:
        assert next_line() == f"listening on http://127.0.0.1:{port}\n"
        token = stack.run("clinic-terminal", "token").stdout.strip()
        assert call(stack, token, f"/v1/webhooks/{answer['webhook']['webhook_id']}/test").status_code == 202
        assert next_line() == "test {}\n"
        forged = httpx2.post(f"http://127.0.0.1:{port}/events", content=b"{}")
        assert forged.status_code == 401


def test_an_insurer_listens_to_its_own_events(stack: PopulatedStack, port: int, tmp_path: Path) -> None:
    listen = command_line("payer-mock", ["listen", "--port", str(port), "--insurer", INSURER])
    with program(stack, listen) as next_line:
        assert json.loads(next_line()) == {"listening": f"http://127.0.0.1:{port}/events"}
        members = tmp_path / "members.csv"
        members.write_bytes(csv_file([{"insurer_number": INSURER}]))
        sent = stack.run("payer-mock", "upload", members, "--insurer", INSURER, check=False)
        assert sent.returncode == 1, sent.stderr
        event = json.loads(next_line())
        assert event["type"] == "file.refused"
        assert set(event["data"]) == {"upload_id"}
