"""Facilities in nationwide proportions; access tokens of every age, used until they expire."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import cast
from urllib.parse import parse_qs

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.identifiers import institution_code
from loadtest.arrivals import CHECKS_BY_KIND
from loadtest.clock import now
from loadtest.dataset.terminals import (
    RENEW_BEFORE,
    admit_facilities,
    planned_facilities,
    sign_in_all,
    spread_token_ages,
)
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import TargetEnvironment
from tests.unit.loadtest.builders import credential
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.scenario.builders import FakePool


@pytest.mark.parametrize("count", [4, 60, 1000])
def test_every_kind_exists_and_has_its_share_of_the_checks(count: int) -> None:
    weights: Counter[FacilityKind] = Counter()
    for facility in planned_facilities(count):
        weights[facility.kind] += facility.weight  # type: ignore[assignment]
    total = sum(CHECKS_BY_KIND.values())
    assert weights == {kind: pytest.approx(share / total) for kind, share in CHECKS_BY_KIND.items()}


def test_codes_are_valid_and_unique() -> None:
    codes = [facility.institution_code for facility in planned_facilities(1000)]
    assert list(map(institution_code, codes)) == list(codes)
    assert len(set(codes)) == len(codes) == pytest.approx(1000, abs=2)


def test_a_few_facilities_are_large_and_many_small() -> None:
    clinics = sorted(
        (p.weight for p in planned_facilities(1000) if p.kind is FacilityKind.CLINIC), reverse=True
    )
    assert sum(clinics[: len(clinics) // 10]) > 0.3 * sum(clinics)


@pytest.mark.parametrize(("count", "maximum"), [(4, 1), (60, 1.5), (1000, 1.4)])
def test_a_facility_has_one_terminal_and_large_ones_have_more(count: int, maximum: float) -> None:
    facilities = planned_facilities(count)
    assert 1 <= sum(facility.terminals for facility in facilities) / len(facilities) <= maximum
    for kind in CHECKS_BY_KIND:
        of_kind = sorted((p.weight, p.terminals) for p in facilities if p.kind is kind)
        assert [terminals for _, terminals in of_kind] == sorted(terminals for _, terminals in of_kind)


def test_token_ages_are_spread_evenly_and_none_is_due_at_once() -> None:
    at, terminals = now(), [terminal() for _ in range(300)]
    for each in terminals:
        each.token_expires_at = at + timedelta(seconds=300)
    spread_token_ages(terminals, Random(1))
    left = sorted((each.token_expires_at or at) - at for each in terminals)
    assert left[0] >= RENEW_BEFORE
    assert left[-1] <= timedelta(seconds=300)
    due_soon = sum(each < RENEW_BEFORE + timedelta(seconds=80) for each in left)
    assert 80 <= due_soon <= 120


def test_a_token_due_for_renewal_is_valid_until_it_expires() -> None:
    one = terminal()
    one.token_expires_at = now() + RENEW_BEFORE / 2
    assert (one.needs_token(), one.has_valid_token()) == (True, True)
    one.token_expires_at = now() - timedelta(seconds=1)
    assert (one.needs_token(), one.has_valid_token()) == (True, False)
    one.token_expires_at = None
    assert (one.needs_token(), one.has_valid_token()) == (True, False)


class Fund:
    """`eligibility-api facility add`: writes a credential for each terminal of the list."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def run(self, program: str, command: tuple[str | Path, ...]) -> str:
        words = [str(word) for word in command]
        assert (program, words[:2]) == ("eligibility-api", ["facility", "add"])
        listed, out = Path(words[words.index("--from") + 1]), Path(words[words.index("--out-dir") + 1])
        with listed.open(encoding="utf-8", newline="") as file:
            heading, *self.rows = csv.reader(file)
        assert heading == ["institution_code", "name", "kind", "rights", "terminals"]
        for code, _, _, _, terminals in self.rows:
            for number in range(1, int(terminals) + 1):
                credential(code).save(out / f"terminal-{code}-{number}.json")
        return ""


def test_facilities_are_admitted_by_the_fund_s_own_command(tmp_path: Path) -> None:
    fund = Fund()
    terminals = admit_facilities(cast(TargetEnvironment, fund), 60, tmp_path / "terminals")
    planned = planned_facilities(60)
    assert [row[0] for row in fund.rows] == [facility.institution_code for facility in planned]
    assert {row[3] for row in fund.rows} == {"eligibility registration consent prescription"}
    assert all(row[1].startswith("見本") for row in fund.rows)
    assert len(terminals) == sum(facility.terminals for facility in planned)
    assert [len(list(group)) for _, group in groupby(terminals, lambda one: one.institution_code)] == [
        facility.terminals for facility in planned
    ]


def test_a_facility_s_checks_are_shared_by_its_terminals(tmp_path: Path) -> None:
    terminals = admit_facilities(cast(TargetEnvironment, Fund()), 60, tmp_path)
    assert sum(one.weight for one in terminals) == pytest.approx(1.0)
    first = planned_facilities(60)[0]
    of_first = [one for one in terminals if one.institution_code == first.institution_code]
    assert {one.weight for one in of_first} == {first.weight / first.terminals}
    assert len(of_first) > 1


def test_the_folder_of_credentials_is_its_owner_s_alone(tmp_path: Path) -> None:
    admit_facilities(cast(TargetEnvironment, Fund()), 4, tmp_path / "deep" / "terminals")
    assert (tmp_path / "deep" / "terminals").stat().st_mode & 0o077 == 0


def test_all_terminals_are_signed_in_and_keep_their_own_token() -> None:
    terminals = [terminal() for _ in range(30)]
    pool = FakePool()
    asyncio.run(sign_in_all(cast(ConnectionPool, pool), terminals))
    assert pool.paths == ["/v1/token"] * 30
    assert all(one.has_valid_token() and one.token == "token-1" for one in terminals)


def test_a_sign_in_sends_a_new_assertion_each_time() -> None:
    pool = FakePool()
    one = terminal()
    for _ in range(2):
        asyncio.run(one.sign_in(cast(ConnectionPool, pool)))
    forms = [parse_qs(body.decode()) for _, _, body in pool.requests]
    assert forms[0]["client_assertion"] != forms[1]["client_assertion"]
    assert {headers["Content-Type"] for _, headers, _ in pool.requests} == {
        "application/x-www-form-urlencoded"
    }


@pytest.mark.parametrize("status", [400, 401, 503])
def test_a_refused_sign_in_keeps_the_former_token_and_ends_a_provisioning(status: int) -> None:
    one = terminal()
    one.token, one.token_expires_at = "former", now() + timedelta(seconds=100)
    pool = FakePool({"/v1/token": (status, {"code": "client-unknown"})})
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(sign_in_all(cast(ConnectionPool, pool), [one]))
    assert str(raised.value.exceptions[0]) == f"a terminal could not sign in: {status}"
    assert (one.token, one.has_valid_token()) == ("former", True)


def test_neither_token_nor_key_of_a_terminal_is_in_its_text() -> None:
    one = terminal()
    one.token = "secret-token"
    assert "secret-token" not in repr(one)


def test_a_terminal_that_never_signed_in_stays_so() -> None:
    one = terminal()
    spread_token_ages([one], Random(1))
    assert one.token_expires_at is None
