"""A witness as a process of its own: it cosigns over HTTP, and remembers across its restart what it cosigned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from eligibility_api.audit.witness_http import LogUnusable, submit
from eligibility_api.merkle_log.notes import Signature, VerificationKey
from eligibility_api.merkle_log.witnessing import AddCheckpoint
from tests.builders.audit_exports import LOG, log_of

pytestmark = pytest.mark.anyio

OURS = log_of(40, [])
OTHERS = log_of(41, [])
OTHERS.tree = type(OURS.tree)([bytes([place] * 32) for place in range(41)])


@contextmanager
def witness(folder: Path) -> Iterator[tuple[VerificationKey, str]]:
    """A running witness: its key and URL."""
    words = ["audit", "witness", "--name", "witness.example/w1", "--key", "w.pem", "--state", "w.json"]
    command = [
        sys.executable,
        "-m",
        "eligibility_api.cli",
        *words,
        "--log",
        str(LOG.verification_key),
        "--port",
        "0",
    ]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | {"FUND_HOME": str(folder)}
    )
    try:
        assert process.stdout is not None
        key, url = process.stdout.readline().split()
        yield VerificationKey.parse(key), url
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def request(old: int, new: int) -> AddCheckpoint:
    return AddCheckpoint(old, tuple(OURS.tree.consistency_proof(old, new)), OURS.note(size=new))


async def test_it_cosigns_over_http_and_remembers_across_a_restart(tmp_path: Path) -> None:
    with witness(tmp_path) as (key, url):
        async with httpx2.AsyncClient(base_url=url) as http:
            assert isinstance(await submit(http, request(0, 20), key), Signature)
    with witness(tmp_path) as (same, url):
        assert same == key
        async with httpx2.AsyncClient(base_url=url) as http:
            assert await submit(http, request(0, 30), key) == 20
            forged = AddCheckpoint(20, request(20, 30).proof, OTHERS.note(size=30))
            with pytest.raises(LogUnusable, match="status 422"):
                await submit(http, forged, key)
            assert isinstance(await submit(http, request(20, 30), key), Signature)
            answer = await http.post("/add-checkpoint", content=b"x" * 1_000_000)
            assert answer.status_code == 413
