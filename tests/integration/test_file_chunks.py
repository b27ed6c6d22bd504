"""What is read chunk by chunk gives the same result in chunks of any size."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.presence import mirror
from eligibility_api.uploads import fill_rates, report, undo_check
from jpki_mock.authority.values import Reason
from jpki_mock.personalisation import certificate_id
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, get, member, run_jobs, upload_and_process

pytestmark = pytest.mark.anyio

_NUMBERS = count(1)
SIZES = [1, 2, 3, 7, 8, 20_000]
"""Rows of a chunk: less, as many and more than the files have."""


@pytest.fixture
async def own(fund: Fund) -> Credential:
    """A new insurer, whose members are those of a test."""
    number = f"0612{next(_NUMBERS):03d}"
    return await fund.admit_insurer(f"{number}{check_digit(number)}")


def rows_of(fund: Fund, own: Credential, number: int, **cells: str) -> list[dict[str, str]]:
    assert own.insurer_number is not None
    return [member(fund.person(), own.insurer_number, **cells) for _ in range(number)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_report_counts_every_row_and_member_once(
    fund: Fund, own: Credential, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(report, "CHUNK_ROWS", size)
    monkeypatch.setattr(fill_rates, "_CHUNK_ROWS", size)
    rows = rows_of(fund, own, 7, postal_code="000-0010")
    assert (await upload_and_process(fund, csv_file(rows), own))["report"]["new"] == 7

    changed = [row | {"name_alias": "別名"} for row in rows[:2]]
    renumbered = [rows[5] | {"number": "99999"}]
    unmatched = [row | {"name": "見本 不明", "postal_code": ""} for row in rows_of(fund, own, 1)]
    answer = await upload_and_process(fund, csv_file([*changed, *rows[2:5], *renumbered, *unmatched]), own)

    counts = {name: answer["report"][name] for name in ("rows", "good_rows", "new", "changed", "unchanged")}
    assert counts == {"rows": 7, "good_rows": 7, "new": 2, "changed": 2, "unchanged": 3}
    assert (answer["report"]["absent"], answer["report"]["unmatched"]) == (2, 1)
    found = {finding["code"]: finding["count"] for finding in answer["report"]["findings"]}
    assert found["renumbered"] == 1
    assert answer["report"]["fill_rates"]["postal_code"] == pytest.approx(6 / 7, abs=1e-4)
    assert answer["report"]["fill_rates"]["name_alias"] == pytest.approx(2 / 7, abs=1e-4)


@pytest.mark.parametrize("size", SIZES)
async def test_an_undo_restores_every_member(
    fund: Fund, own: Credential, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(undo_check, "CHUNK_ENTITLEMENTS", size)
    rows = rows_of(fund, own, 7)
    await upload_and_process(fund, csv_file(rows), own)
    wrong = await upload_and_process(fund, csv_file([row | {"name_alias": "誤"} for row in rows]), own)
    assert wrong["report"]["changed"] == 7

    path = f"/v1/uploads/{wrong['upload_id']}"
    assert (await fund.post(f"{path}/undo", {"reason": "誤り"}, own)).status_code == 202
    await run_jobs(fund)

    assert (await get(fund, path, own))["state"] == "undone"
    aliases = await fund.owner.fetch(
        "SELECT v.name_alias, count(*) AS members FROM enrolment v JOIN entitlement e USING (entitlement)"
        " WHERE e.insurer_number = $1 AND v.closed_by IS NULL GROUP BY 1",
        [own.insurer_number],
    )
    assert [(row["name_alias"], row["members"]) for row in aliases] == [(None, 7)]


@pytest.mark.parametrize("size", [1, 2, 5_000])
async def test_the_mirror_equals_the_list(fund: Fund, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(mirror, "_BATCH_ROWS", size)

    async def mirrored() -> dict[bytes, Any]:
        rows = await fund.owner.fetch("SELECT serial, status, xmin::text FROM revoked_certificate", [])
        return {row["serial"]: (row["status"], row["xmin"]) for row in rows}

    people = [fund.person() for _ in range(4)]
    ids = [certificate_id(person.card.authentication) for person in people]
    before = await mirrored()
    for one in ids[:3]:
        fund.jlis.certificates.revoke(one, Reason.REQUEST, fund.clock())
    assert await fund.mirror()
    first = await mirrored()
    fund.jlis.certificates.revoke(ids[3], Reason.REQUEST, fund.clock())
    # An entry that is no longer on the list, and one that the mirror has otherwise.
    await fund.owner.fetch(
        "INSERT INTO revoked_certificate SELECT authority, '\\xff', 'revoked', now() FROM authority LIMIT 1",
        [],
    )
    await fund.owner.fetch(
        "UPDATE revoked_certificate SET status = 'suspended' WHERE serial = $1", [min(first)]
    )
    assert await fund.mirror()
    second = await mirrored()

    assert len(first) == len(before) + 3
    assert len(second) == len(first) + 1
    assert {status for status, _ in second.values()} == {"revoked"}
    # What is the same in both lists is not written again.
    assert sum(first.get(serial) == entry for serial, entry in second.items()) == len(first) - 1
