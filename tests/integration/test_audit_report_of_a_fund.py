"""The auditor's report of what a fund really did today: its statements read the records as they are written."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.dates import day_in_japan
from tests.builders import claim_files, member_files
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, HOSPITAL, INSURER, OTHER_CLINIC
from tests.builders.insurer_changes import new_insurer, of

pytestmark = pytest.mark.anyio

Rows = list[dict[str, str]]


async def reported(fund: Fund, command: Command, folder: Path, *more: str) -> Rows:
    """The CSV file of today's report."""
    today = day_in_japan(fund.clock())
    result = await command("audit", "report", "--period", f"{today}..{today}", "--out", str(folder), *more)
    assert (result.code, result.out.strip()) in [
        (0, str(folder / "report.html")),
        (None, str(folder / "report.html")),
    ], result.err
    text = (folder / "report.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def counts(rows: Rows, section: str, code: str | None = None) -> dict[str, int]:
    """Counts of a section by item, of one facility or insurer if given."""
    total: Counter[str] = Counter()
    for row in rows:
        if row["section"] == section and code in {None, row["code"]}:
            total[row["item"]] += int(row["count"])
    return dict(total)


async def _visible(fund: Fund) -> None:
    """Wait until the lead of the latest revision is over."""
    await fund.owner.fetch(
        "SELECT pg_sleep(greatest(extract(epoch FROM max(published_at) - now()), 0)) FROM revision", []
    )


async def test_what_was_done_is_in_the_report(fund: Fund, command: Command, tmp_path: Path) -> None:
    person = await fund.insured()
    await fund.tap(person.card)
    await fund.look(person.card)
    consent = (await fund.consent(person.card, ("medication", "surgery"))).json()["consent_id"]
    headers = {"X-Operator-Role": "doctor"}
    await fund.http.get(
        f"/v1/consents/{consent}/medications",
        params={"from": "2026-01", "to": "2026-02"},
        headers=headers | {"Authorization": f"Bearer {await fund.token(fund.clinic)}"},
    )
    await fund.post(f"/v1/consents/{consent}/end", {"reason": "2"})
    await fund.look_up(person)
    for n in range(11):
        await fund.look_up(person, number=f"99{n}")
    body = await fund.proof(person.card)
    await fund.post("/v1/eligibility/card", body | {"challenge": body["challenge"][::-1]})
    await fund.state.refusals.write(fund.state.database)
    found = {"symbol": "見本", "number": person.resident.resident_id[1:]}
    await fund.post("/v1/members/search", found, fund.insurer)

    rows = await reported(fund, command, tmp_path / "ja")

    accesses = counts(rows, "accesses", CLINIC)
    # The consent's own tap, and the consent, are by card too.
    assert accesses.items() >= {"card": 3, "visual-check": 1, "number": 12}.items()
    assert counts(rows, "exceptional", CLINIC) == {"visual-check": 1}
    assert counts(rows, "consents") == {
        "medication pin": 1, "surgery pin": 1, "medication withdrawn": 1, "surgery withdrawn": 1,
    }  # fmt: skip
    assert counts(rows, "consent-ends") == {"2": 1}
    assert counts(rows, "refusals") == {"before challenge-altered": 1}
    [run] = [row for row in rows if row["section"] == "runs"]
    assert (run["code"], run["count"], run["item"]) == (
        CLINIC,
        "11",
        f"eligibility.number {fund.clinic.client_id}",
    )
    assert counts(rows, "insurers", INSURER) == {"member.searched": 1}
    # Admitted when the fund was opened: the clinic, its terminal, the insurer's program.
    kinds = Counter(row["item"].split()[0] for row in rows if row["section"] == "privileged")
    assert kinds >= Counter({"admission.facility": 1, "admission.terminal": 1, "admission.insurer": 1})
    english = await reported(fund, command, tmp_path / "en", "--language", "en")
    assert [row["item"] for row in english] == [row["item"] for row in rows]
    assert '<html lang="en"' in (tmp_path / "en" / "report.html").read_text(encoding="utf-8")


async def test_a_look_up_is_followed_by_the_claim_of_its_facility_and_month(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    person, other = await fund.insured(), await fund.insured()
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    before = counts(await reported(fund, command, tmp_path), "unclaimed")
    for one, terminal in ((person, fund.clinic), (person, elsewhere), (other, fund.clinic)):
        assert (await fund.tap(one.card, terminal, as_of="2026-04-06")).status_code == 200
    assert (await fund.tap(person.card, as_of="2026-03-06")).status_code == 200
    file = claim_files.claim_file([claim_files.medical_claim(claim_files.member(person))])
    assert (await claim_files.upload_and_process(fund, file))["state"] == "done"

    rows = await reported(fund, command, tmp_path)

    after = counts(rows, "unclaimed")
    assert {name: after[name] - before.get(name, 0) for name in after} == {"looked-up": 4, "without-claim": 3}
    assert counts(rows, "unclaimed", OTHER_CLINIC) == {"looked-up": 1, "without-claim": 1}


async def test_receivers_of_wrong_values_are_named_after_a_correction_and_after_an_undo(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    own = await new_insurer(fund)
    number = own.insurer_number or ""
    corrected, undone, untouched = fund.person(), fund.person(), fund.person()
    for one in (corrected, untouched):
        assert (await fund.enrol(one, credential=own)).status_code == 201
    rows = [member_files.member(one, number) for one in (corrected, undone, untouched)]
    file = await member_files.upload_and_process(fund, member_files.csv_file(rows), own)
    assert file["state"] == "published", file
    await _visible(fund)
    hospital = await fund.terminal(
        institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=(Right.ELIGIBILITY,)
    )
    for one in (corrected, undone, untouched):
        answer = await fund.look_up(one, hospital, insurer_number=number)
        assert answer.json()["validity"] == "1", answer.text
    assert counts(await reported(fund, command, tmp_path), "wrong", HOSPITAL) == {}

    assert (await fund.change(corrected, "withdraw", **of(own))).status_code == 200
    undo = await fund.post(f"/v1/uploads/{file['upload_id']}/undo", {"reason": "誤った一覧"}, own)
    assert undo.status_code in {200, 202}, undo.text
    await member_files.run_jobs(fund)

    found = [
        row
        for row in await reported(fund, command, tmp_path)
        if row["section"] == "wrong" and row["code"] == HOSPITAL
    ]
    kinds = {row["item"].split()[0]: (row["item"].split()[1], row["count"]) for row in found}
    assert kinds == {"enrolment.withdraw": (number, "1"), "enrolment.file-undone": (number, "1")}
    listed: dict[str, Any] = (await fund.get(f"/v1/uploads/{file['upload_id']}/correction-list", own)).json()
    assert [(one["institution_code"], one["answers"]) for one in listed["facilities"]] == [(HOSPITAL, 1)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--period", "2026-13"), "a day that exists"),
        (("--period", "yesterday"), "2026-11-01..2026-11-15"),
        (("--period", "2026-11-02..2026-11-01"), "not after the last one"),
        (("--period", "2026-11", "--language", "fr"), "fr"),
        ((), "--period"),
    ],
    ids=["month", "words", "order", "language", "none"],
)
async def test_a_report_of_no_period_is_refused(
    fund: Fund, command: Command, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    result = await command("audit", "report", *words, "--out", str(tmp_path / "report"))
    assert (result.code, (tmp_path / "report").exists()) == (2, False)
    assert sentence in " ".join(result.err.replace("│", " ").split())
