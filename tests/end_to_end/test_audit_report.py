"""The auditor's report of a running fund: its workers write refusals by themselves, its commands record who ran them."""

from __future__ import annotations

import csv
import time
from collections import Counter
from pathlib import Path

import httpx2
from joserfc.jwk import ECKey

from eligibility_api.audit_log.acts import operating_user
from eligibility_api.contract.tokens import TOKEN_PATH, Credential
from shikaku.clock import now, today
from tests.builders.stack import PopulatedStack
from tests.builders.token_requests import token_request

FORGED = 3
_MAX_SECONDS = 30


def report_of(stack: PopulatedStack, folder: Path) -> list[dict[str, str]]:
    """The rows of today's report."""
    period = f"{today()}..{today()}"
    page = stack.run("eligibility-api", "audit", "report", "--period", period, "--out", folder).stdout.strip()
    assert Path(page).read_text(encoding="utf-8").startswith("<!doctype html>")
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sum_of(rows: list[dict[str, str]], section: str) -> Counter[str]:
    counts = Counter[str]()
    for row in rows:
        if row["section"] == section:
            counts[row["item"]] += int(row["count"])
    return counts


def test_a_running_fund_records_forged_sign_ins_and_who_admitted_its_terminals(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    before = sum_of(report_of(stack, tmp_path / "before"), "refusals")
    terminal = Credential.load(Path(stack.wiring["TERMINAL_CREDENTIAL"]))
    for _ in range(FORGED):
        form = token_request(terminal, now(), key=ECKey.generate_key("P-256"))
        refused = httpx2.post(stack.wiring["TERMINAL_FUND_URL"] + TOKEN_PATH, data=form)
        assert refused.json()["code"] == "assertion-invalid"

    # They are written within about a second, and making a report takes longer.
    deadline, found = time.monotonic() + _MAX_SECONDS, 0
    while found < FORGED and time.monotonic() < deadline:
        rows = report_of(stack, tmp_path / "after")
        found = (sum_of(rows, "refusals") - before)["sign-in assertion-invalid"]

    assert found == FORGED
    privileged = [row for row in rows if row["section"] == "privileged"]
    kinds = {row["item"].split()[0] for row in privileged}
    assert kinds >= {"admission.facility", "admission.terminal", "admission.insurer", "keys.loaded"}
    assert {row["code"] for row in privileged if row["item"].startswith("admission.")} == {operating_user()}
