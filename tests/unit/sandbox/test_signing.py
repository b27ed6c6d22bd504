"""An emulated card signs for a program, by J-LIS's command."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox import signing
from sandbox.app import create_app
from sandbox.signing import MAX_MESSAGE_BASE64, SIGN_PATH, Signer
from tests.builders.console import ScriptedServices, console_of

pytestmark = pytest.mark.anyio

PROGRAM = """
import json, sys
message = sys.stdin.buffer.read()
if sys.argv[3] != "4321":
    print("help", file=sys.stderr)
    sys.exit("The PIN is wrong; tries left: 2.")
print(json.dumps({"certificate": sys.argv[1], "signature": message.hex()}))
"""


def client(folder: Path, program: str = PROGRAM) -> httpx2.AsyncClient:
    (folder / "P01-valid.json").write_text("{}")
    signer = Signer(folder, (sys.executable, "-c", program))
    transport = httpx2.ASGITransport(
        create_app(console_of(ScriptedServices()), signer), client=("127.0.0.1", 1)
    )
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700")


def body(**more: Any) -> dict[str, Any]:
    return {"card": "P01-valid", "pin": "4321", "message": b64encode(b"\x00\xffbytes").decode()} | more


async def test_a_program_without_an_origin_gets_a_signature(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        response = await http.post(SIGN_PATH, json=body())
    assert response.status_code == 200
    assert response.json() == {
        "certificate": str(tmp_path / "P01-valid.json"),
        "signature": b"\x00\xffbytes".hex(),
    }


async def test_what_the_card_refuses_is_one_sentence(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        response = await http.post(SIGN_PATH, json=body(pin="0000"))
    assert (response.status_code, response.json()["detail"]) == (409, "The PIN is wrong; tries left: 2.")


async def test_a_card_that_does_not_answer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_SECONDS", 0.1)
    async with client(tmp_path, "import threading; threading.Event().wait(60)") as http:
        assert (await http.post(SIGN_PATH, json=body())).status_code == 504


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"card": "P99-none"}, 404),
        ({"card": "../P01-valid"}, 422),
        ({"card": "--help"}, 404),
        ({"pin": "432"}, 422),
        ({"pin": "--out"}, 422),
        ({"message": "no base64!"}, 422),
        ({"message": ""}, 422),
        ({"message": "A" * (MAX_MESSAGE_BASE64 + 1)}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_a_request_with_a_mistake_reaches_no_card(
    tmp_path: Path, more: dict[str, Any], status: int
) -> None:
    async with client(tmp_path) as http:
        assert (await http.post(SIGN_PATH, json=body(**more))).status_code == status


async def test_a_form_of_another_site_signs_nothing(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        for media_type in ("text/plain", "application/x-www-form-urlencoded"):
            headers = {"Content-Type": media_type, "Origin": "http://evil.test"}
            sent = httpx2.Request("POST", "http://x", json=body()).content
            assert (await http.post(SIGN_PATH, content=sent, headers=headers)).status_code == 422


async def test_pages_keep_their_checks(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        assert (await http.get("/console")).status_code == 200
        assert (await http.post("/console/faults", data={"fault": "slow"})).status_code == 403
