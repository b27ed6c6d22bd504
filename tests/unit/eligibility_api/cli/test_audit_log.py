"""`audit verify` and `audit witness` need neither the fund nor its database, and exit with 0 only if everything holds."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from eligibility_api.cli import app, main
from eligibility_api.merkle_log.notes import Algorithm, VerificationKey, open_note
from eligibility_api.merkle_log.tlog_proofs import TlogProof
from tests.builders.audit_exports import LOG, ORIGIN, WITNESS, Log, ended, log_of
from tests.unit.eligibility_api.domain.members import insured

VERSIONS = [insured(number, person_key=bytes([number - 1] * 16)) for number in range(1, 8)]
WHOLE = log_of(12, VERSIONS)
KEY = str(LOG.verification_key)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home: an auditor's machine."""
    monkeypatch.setenv("FUND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def written(folder: Path, lines: list[bytes], name: str = "export.jsonl") -> str:
    (folder / name).write_bytes(b"".join(lines))
    return str(folder / name)


def test_an_export_that_holds_exits_with_0(tmp_path: Path) -> None:
    result = run("verify", written(tmp_path, WHOLE.lines()), "--key", KEY)
    assert result.exit_code == 0
    assert "leaves 12, records 12, dropped by rule 0, rows 7, answers recomputed 10" in result.stdout
    assert result.stdout.endswith("Everything holds.\n")


def test_one_altered_record_exits_with_1_and_is_named(tmp_path: Path) -> None:
    lines = WHOLE.lines()
    place = next(place for place, line in enumerate(lines) if line.startswith(b'{"leaf":7,'))
    lines[place] = lines[place].replace(b"answered", b"refused!", 1)
    path = written(tmp_path, ended(lines))
    result = run("verify", path, "--key", KEY)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"altered: leaf 7, line {place + 1}: ")
    assert result.stdout.endswith("It does not hold.\n")
    [finding] = json.loads(run("verify", path, "--key", KEY, "--json").stdout)["findings"]
    assert (finding["problem"], finding["leaves"]) == ("altered", [7, 7])


def test_without_a_key_of_the_log_nothing_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, WHOLE.lines())
    monkeypatch.setattr("sys.argv", ["eligibility-api", "audit", "verify", path])
    with pytest.raises(SystemExit) as ended_with:
        main()
    assert ended_with.value.code == 1
    assert "--key" in capsys.readouterr().err


def test_at_the_fund_its_own_keys_are_known(tmp_path: Path, home: Path) -> None:
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "checkpoint.keys").write_text(f"{KEY}\n", encoding="utf-8")
    assert run("verify", written(tmp_path, WHOLE.lines())).exit_code == 0


def test_recomputed_answers_are_written_without_their_version(tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    result = run("verify", written(tmp_path, WHOLE.lines()), "--key", KEY, "--answers", str(out))
    assert result.exit_code == 0
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(answers) == 10
    assert all("version" not in answer and answer["results"] for answer in answers)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_witnesses_and_earlier_checkpoints_can_be_required(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE.lines())
    cosigned = written(tmp_path, WHOLE.lines(LOG, WITNESS), "cosigned.jsonl")
    witness = ["--witness", str(WITNESS.verification_key)]
    assert run("verify", path, "--key", KEY, *witness).exit_code == 1
    result = run("verify", cosigned, "--key", KEY, *witness)
    assert result.exit_code == 0
    assert "cosigned by: witness.example/w1" in result.stdout
    (tmp_path / "kept").write_bytes(WHOLE.note(size=5))
    (tmp_path / "other").write_bytes(Log(["{}"], []).note())
    assert run("verify", path, "--key", KEY, "--checkpoint", str(tmp_path / "kept")).exit_code == 0
    result = run("verify", path, "--key", KEY, "--checkpoint", str(tmp_path / "other"))
    assert result.exit_code == 1
    assert result.stdout.startswith("history-rewritten: ")


def test_a_persons_download_and_a_proof_are_verified_too(tmp_path: Path) -> None:
    assert run("verify", written(tmp_path, WHOLE.partial([2, 5])), "--key", KEY).exit_code == 0
    proof = TlogProof(5, tuple(WHOLE.tree.inclusion_proof(5)), WHOLE.note(), WHOLE.commitments[5])
    assert run("verify", written(tmp_path, [proof.encode()]), "--key", KEY).exit_code == 0
    forged = TlogProof(6, proof.hashes, proof.checkpoint, proof.extra)
    result = run("verify", written(tmp_path, [forged.encode()]), "--key", KEY)
    assert result.exit_code == 1
    assert result.stdout.startswith("altered: leaf 6: ")
    cut = written(tmp_path, [proof.encode()[:60]])
    assert run("verify", cut, "--key", KEY).stdout.startswith("unreadable: ")
    unsigned = TlogProof(5, proof.hashes, WHOLE.note(WITNESS), proof.extra)
    assert run("verify", written(tmp_path, [unsigned.encode()]), "--key", KEY).exit_code == 1


@pytest.mark.parametrize("key", ["", "x", KEY[:-1], KEY.replace("fund", "Fund")])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    assert run("verify", written(tmp_path, WHOLE.lines()), "--key", key).exit_code == 2


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = run("verify", str(tmp_path / "nothing"), "--key", KEY)
    assert "cannot be read" in str(result.exception)


def witness_options(folder: Path) -> list[str]:
    return ["--name", "witness.example/w9", "--key", str(folder / "w.pem"), "--state", str(folder / "w.json")]


def test_a_witness_makes_its_key_once_and_prints_its_public_half(tmp_path: Path) -> None:
    first, second = (run("witness", *witness_options(tmp_path)) for _ in range(2))
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    key = VerificationKey.parse(first.stdout.strip())
    assert (key.name, key.algorithm) == ("witness.example/w9", Algorithm.COSIGNATURE)
    assert stat.S_IMODE((tmp_path / "w.pem").stat().st_mode) == 0o600


def test_a_witness_prints_the_cosigned_checkpoint_of_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sent(data: bytes) -> Any:
        yield data

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/audit/checkpoint":
            return httpx2.Response(200, content=sent(WHOLE.note()))
        hashes = [WHOLE.tree.node(node) for node in leaves]
        return httpx2.Response(200, content=sent(b"".join(hashes)))

    from eligibility_api.merkle_log.proofs import Node

    leaves = [Node(0, place) for place in range(12)]
    client = httpx2.AsyncClient

    def with_log(**options: Any) -> httpx2.AsyncClient:
        return client(transport=httpx2.MockTransport(answer), **options)

    monkeypatch.setattr("eligibility_api.cli.audit_witness.httpx2.AsyncClient", with_log)
    options = [*witness_options(tmp_path), "--log", KEY, "--url", "http://fund.example/v1/audit"]
    result = run("witness", *options)
    assert result.exit_code == 0
    key = VerificationKey.parse(run("witness", *witness_options(tmp_path)).stdout.strip())
    assert open_note(result.stdout.encode(), [key]).text == WHOLE.note().partition(b"\n\n")[0].decode() + "\n"
    assert json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))[ORIGIN]["size"] == 12
    (tmp_path / "w.json").write_text("{", encoding="utf-8")
    assert "not the state of a witness" in str(run("witness", *options).exception)


@pytest.mark.parametrize(
    ("name", "content", "more", "message"),
    [
        ("a b", None, [], "name"),
        ("w", "no key", [], "cannot be used as a key"),
        ("w", None, ["--port", "0"], "--log"),
        ("w", None, ["--url", "http://x/", "--log", KEY, "--log", str(WITNESS.verification_key)], "one log"),
    ],
)
def test_a_witness_that_cannot_work_names_the_cause(
    tmp_path: Path, name: str, content: str | None, more: list[str], message: str
) -> None:
    if content is not None:
        (tmp_path / "w.pem").write_text(content, encoding="utf-8")
    result = run("witness", *witness_options(tmp_path)[2:], "--name", name, *more)
    assert re.search(message, str(result.exception))
