"""Whose a claim is: insurance, transfers, branches, and public expenses that matter only without an insurance (H13)."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from eligibility_api.claims.reading.faults import Fault
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.domain.claims import Member

SENDER, OTHER, AID = "01130012", "06130017", "12143210"
HEADER, HEAD = "IR,1,13,1,9900001,,,202610,00", "RE,1,1112,202609,試験　見本,2,19800517"
TREATED = "SI,12,1,112007410,,75,1"


class Found(NamedTuple):
    """The member of a claim, its faults, and whether its totals agree with a GO."""

    member: Member | None
    faults: list[Fault]


def read(*payers: str, sender: str = SENDER, count: int | None = None, points: int = 1) -> Found:
    """Read a claim with these records of payers; GO counts each HO and KO of it."""
    payer_count = sum(each[:2] in {"HO", "KO"} for each in payers) if count is None else count
    lines = [HEADER, HEAD, *payers, TREATED, f"GO,{payer_count},{points},99", ""]
    block = Reader(sender).feed("\r\n".join(lines).encode("cp932"))
    return Found(block.claims[0].member if block.claims else None, block.faults)


def named(member: Member | None) -> tuple[str, str | None, str, str | None] | None:
    if member is None:
        return None
    return member.insurer_number, member.symbol, member.number, member.branch


HO = f"HO,{SENDER},見本,1234,1,1"


@pytest.mark.parametrize(
    ("payers", "found"),
    [
        ([HO], (SENDER, "見本", "1234", None)),
        ([HO, "SN,1,01,,,,05"], (SENDER, "見本", "1234", "05")),
        (["SN,1,01,,,,05", HO], (SENDER, "見本", "1234", "05")),
        ([HO, "SN,1,01,,,,05", "SN,1,09,,,,"], (SENDER, "見本", "1234", "05")),
        ([HO, "SN,1,01,,,,05", "SN,1,09,,,,06"], (SENDER, "見本", "1234", "06")),
        # A check in another spelling is of the same membership.
        ([HO, f"SN,1,01,{SENDER},見本,１２３４,05"], (SENDER, "見本", "1234", "05")),
        ([HO, f"SN,1,01,　{SENDER},見本,1-2-3-4,05"], (SENDER, "見本", "1234", "05")),
        # One of another membership says nothing about this one's branch.
        ([HO, f"SN,1,09,{OTHER},見本,1234,05"], (SENDER, "見本", "1234", None)),
        ([HO, f"SN,1,09,{SENDER},別,1234,05"], (SENDER, "見本", "1234", None)),
        ([HO, f"SN,1,09,{SENDER},見本,1235,05"], (SENDER, "見本", "1234", None)),
        ([HO, "SN,1,09,01130013,見本,1234,05"], (SENDER, "見本", "1234", None)),
        # The branch of a public expense is none.
        ([HO, "SN,2,01,54136015,,,05,1234566"], (SENDER, "見本", "1234", None)),
        # A transfer replaces all numbers together.
        (["HO,06130017,旧,9,1,1", f"SN,1,04,{SENDER},,1235,07"], (SENDER, None, "1235", "07")),
        (["HO,06130017,旧,9,1,1", f"SN,1,12,{SENDER},新,1235,"], (SENDER, "新", "1235", None)),
        (
            [f"HO,{OTHER},旧,9,1,1", f"SN,1,05,{OTHER},中,8,01", f"SN,1,11,{SENDER},新,7,02", "SN,1,01,,中,8,03"],
            (SENDER, "新", "7", "02"),
        ),
        # With an insurance nothing of a public expense is judged.
        ([HO, "KO,99999999,x,,1,many", "KO,,,,,"], (SENDER, "見本", "1234", None)),
        ([HO, "KO,123456789018,123456789018,,1,"], (SENDER, "見本", "1234", None)),
    ],
)  # fmt: skip
def test_the_member_of_a_claim_with_insurance_h13(
    payers: list[str], found: tuple[str, str | None, str, str | None]
) -> None:
    result = read(*payers)
    assert named(result.member) == found
    assert result.faults == []


@pytest.mark.parametrize(
    "number", ["00138057", "  138057", "138057", "　138057　", "１３８０５７"]
)  # fmt: skip
def test_an_insurer_s_number_is_a_value_not_its_text(number: str) -> None:
    assert named(read(f"HO,{number},,1,1,1", sender="138057").member) == ("138057", None, "1", None)


@pytest.mark.parametrize(
    ("payers", "fault"),
    [
        ([f"HO,{OTHER},見本,1,1,1"], ("HO", "保険者番号", ClaimsFault.OTHER_INSURER)),
        ([HO, f"SN,1,04,{OTHER},旧,9,"], ("SN", "保険者番号等", ClaimsFault.OTHER_INSURER)),
        ([HO, "SN,1,04,,旧,9,"], ("SN", "保険者番号等", ClaimsFault.REQUIRED)),
        ([HO, f"SN,1,04,{SENDER},旧,,"], ("SN", "被保険者証番号", ClaimsFault.REQUIRED)),
        ([HO, "SN,1,04,01130013,旧,9,"], ("SN", "保険者番号等", ClaimsFault.NUMBER)),
        ([HO, "SN,1,04,123456789018,旧,9,"], ("SN", "保険者番号等", ClaimsFault.MY_NUMBER)),
        ([HO, "SN,1,01,,,123456789018,"], ("SN", "被保険者証番号", ClaimsFault.MY_NUMBER)),
        ([], ("HO", None, ClaimsFault.REQUIRED)),
        ([HO, HO], ("HO", None, ClaimsFault.ORDER)),
    ],
)
def test_a_claim_is_rejected_where_it_is_unclear_whose_it_is_h14(
    payers: list[str], fault: tuple[str, str | None, ClaimsFault]
) -> None:
    result = read(*payers)
    assert result.member is None
    found = [(each.record, each.name, each.code) for each in result.faults]
    assert found[0] == fault
    assert all(code is ClaimsFault.TRAILER for _, _, code in found[1:])


@pytest.mark.parametrize(
    ("payers", "found"),
    [
        ([f"KO,{AID},1234566,,1,1"], "1234566"),
        ([f"KO,{AID},１２３４５６６,,1,1"], "1234566"),
        # Another public expense before it, with any number.
        (["KO,99999999,x,,1,1", f"KO,{AID},0000018,,1,"], "0000018"),
        # A transfer replaces the numbers of its own expense.
        (["KO,12139994,1234566,,1,1", f"SN,2,04,{AID},,,,0000018"], "0000018"),
        (["KO,54136015,1,,1,1", "KO,12139994,1,,1,", f"SN,3,11,{AID},,,,0000018"], "0000018"),
        ([f"KO,{AID},1234566,,1,1", "SN,3,04,99999999,,,,1", "SN,2,01,12139994,,,,0000018"], "1234566"),
    ],
)
def test_the_recipient_of_a_claim_without_insurance_h13(payers: list[str], found: str) -> None:
    result = read(*payers, sender=AID)
    assert named(result.member) == (AID, None, found, None)
    assert result.faults == []


@pytest.mark.parametrize(
    ("payers", "fault"),
    [
        (["KO,12139994,1234566,,1,1"], ("KO", "負担者番号", ClaimsFault.OTHER_INSURER)),
        (["KO,,1234566,,1,1"], ("KO", "負担者番号", ClaimsFault.REQUIRED)),
        (["KO,12139995,1234566,,1,1"], ("KO", "負担者番号", ClaimsFault.NUMBER)),
        ([f"KO,{AID},,,1,1"], ("KO", "受給者番号", ClaimsFault.REQUIRED)),
        ([f"KO,{AID},1234567,,1,1"], ("KO", "受給者番号", ClaimsFault.NUMBER)),
        ([f"KO,{AID},123456,,1,1"], ("KO", "受給者番号", ClaimsFault.NUMBER)),
        ([f"KO,{AID},123456789018,,1,1"], ("KO", "受給者番号", ClaimsFault.MY_NUMBER)),
        ([f"KO,{AID},1234566,,1,1", "SN,2,04,12139994,,,,1234566"], ("SN", "保険者番号等", ClaimsFault.OTHER_INSURER)),
        ([f"KO,{AID},1234566,,1,1", f"SN,2,04,{AID},,,,"], ("SN", "受給者番号", ClaimsFault.REQUIRED)),
        (["KO,54136015,1,,,"] * 4 + [f"KO,{AID},1234566,,1,1"], ("KO", None, ClaimsFault.ORDER)),
    ],
)  # fmt: skip
def test_a_recipient_who_is_unclear_rejects_the_claim_h14(
    payers: list[str], fault: tuple[str, str | None, ClaimsFault]
) -> None:
    result = read(*payers, sender=AID)
    assert result.member is None
    assert (result.faults[0].record, result.faults[0].name, result.faults[0].code) == fault


@pytest.mark.parametrize(
    ("payers", "count", "points", "right"),
    [
        ([HO], 1, 1, True),
        ([HO], 2, 1, False),
        ([HO, "KO,54136015,,,1,9"], 2, 1, True),
        ([HO, "KO,54136015,,,1,9"], 1, 1, False),
        ([HO, "KO,54136015,,,1,9"], 2, 9, False),
        ([HO, *["KO,54136015,,,1,9"] * 4], 5, 1, True),
        # Points that cannot be read make the sum unknown, not wrong.
        ([f"HO,{SENDER},,1,1,"], 1, 500, True),
    ],
)
def test_a_claim_counts_as_many_as_it_has_payers_h15(
    payers: list[str], count: int, points: int, right: bool
) -> None:
    result = read(*payers, count=count, points=points)
    assert result.member is not None
    assert [fault.code for fault in result.faults] == ([] if right else [ClaimsFault.TRAILER])


@pytest.mark.parametrize("line", ["KO\x07,x", "HO\x07,x"])
def test_a_payer_that_cannot_be_read_makes_the_count_unknown_h15(line: str) -> None:
    result = read(HO, line, count=77)
    assert ClaimsFault.TRAILER not in {fault.code for fault in result.faults}
