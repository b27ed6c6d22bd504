"""The samples: the claims that the reader returns, compared with the reference reader."""

from __future__ import annotations

import pytest

from eligibility_api.claims.reading.record_table import PASSED_MEDICAL, PASSED_PHARMACY
from tests.claims import reference_reader
from tests.claims.comparison import claim_as_dict, read_with_reader
from tests.claims.samples import SAMPLES, Sample

MEDICAL = {"IR", "RE", "HO", "KO", "SN", "SY", "SI", "IY", "TO", "CO", "SJ", "GO"}
PHARMACY = {
    "YK", "RE", "HO", "KO", "SN", "JD", "MF", "SH", "CZ", "IY", "TO", "CO", "TK", "KI", "ST", "GO",
}  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_both_readers_return_the_same_claims(sample: Sample) -> None:
    body = sample.body()
    claims = [claim_as_dict(claim) for claim in read_with_reader([body], sample.insurer_number).claims]
    assert claims == reference_reader.read(body, sample.insurer_number)
    assert claims


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_samples_have_no_faults_except_unsupported_records(sample: Sample) -> None:
    reading = read_with_reader([sample.body()], sample.insurer_number)
    assert [fault.code for fault in reading.faults if fault.code != "not-carried"] == []


@pytest.mark.parametrize(("name", "records"), [("medical", MEDICAL), ("pharmacy", PHARMACY)])
def test_the_samples_cover_every_supported_record(name: str, records: set[str]) -> None:
    assert records <= {line[:2] for line in SAMPLES[name].lines}


def test_dental_sections_and_dpc_claims_are_reported_and_counted() -> None:
    reading = read_with_reader([SAMPLES["several"].body()], "01130012")
    assert reading.kinds == {"medical": 2, "dpc": 1, "dental": 2, "pharmacy": 1}
    assert (reading.sections, reading.found, len(reading.claims)) == (3, 6, 3)
    assert reading.faults == [
        (7, "BU", None, None, 2, "not-carried", None),
        (15, "IR", 3, "点数表", None, "not-carried", "9"),
    ]


def test_sections_of_other_branches_do_not_cost_the_good_ones_h14() -> None:
    reading = read_with_reader([SAMPLES["branches"].body()], "01130012")
    assert reading.kinds == {"nursing": 1, "medical": 1, "dental": 1, "pharmacy": 1}
    assert [claim.kind for claim in reading.claims] == ["medical", "pharmacy"]
    assert [(fault.line, fault.record, fault.code) for fault in reading.faults] == [
        (1, "HM", "not-carried"),
        (16, "HI", "not-carried"),
        (20, "IR", "not-carried"),
    ]


def test_records_that_a_history_does_not_need_are_passed_over_anywhere_and_counted_h14() -> None:
    reading = read_with_reader([SAMPLES["passed"].body()], "01130012")
    first, second, pharmacy = reading.claims
    assert [(drug.code, drug.times) for drug in first.content.drugs] == [("620004871", 28), ("610406079", 28)]
    assert [act.code for act in first.content.acts] == ["112007410"]
    assert [act.code for act in second.content.acts] == ["112007410"]
    assert [drug.code for drug in pharmacy.content.drugs] == ["620004871"]
    assert first.member.branch == "01"
    letters = PASSED_MEDICAL | PASSED_PHARMACY
    assert reading.passed.keys() == letters | {"SY", "SI", "IY"}, "the donor's too"
    assert (reading.passed["KH"], reading.passed["SY"]) == (5, 1)


def test_claims_of_twins_without_a_branch_are_not_duplicates_h2() -> None:
    claims = read_with_reader([SAMPLES["transfers"].body()], "01130012").claims
    twins = [claim for claim in claims if claim.member.number == "1240"]
    assert [(claim.member.name, claim.member.sex) for claim in twins] == [
        ("試験　双子一", "1"),
        ("試験　双子二", "1"),
        ("試験　双子二", "2"),
    ]
    assert len({claim.identity for claim in twins}) == 3


def test_the_membership_of_a_transfer_and_only_its_own_branch_h13() -> None:
    members = [claim.member for claim in read_with_reader([SAMPLES["transfers"].body()], "01130012").claims]
    assert [(m.insurer_number, m.symbol, m.number, m.branch) for m in members[:3]] == [
        ("01130012", "見本", "1234", "01"),  # 07 is another membership's
        ("01130012", "見本", "1235", "02"),  # 03 was the former membership's
        ("01130012", "見本", "1236", "04"),
    ]


def test_a_dispensing_behind_an_item_begins_a_new_group_h12() -> None:
    first, second = read_with_reader([SAMPLES["groups"].body()], "01130012").claims
    assert [
        (drug.code, str(drug.dispensed_on), drug.times, drug.usage_code) for drug in first.content.drugs
    ] == [
        ("620004871", "2026-09-03", 14, "003"),
        ("610406079", "2026-09-17", 7, "003"),
        ("620007816", "2026-09-03", 5, "900"),
        ("620007816", "2026-09-17", 10, "900"),
        ("662640016", "2026-09-24", 3, "900"),
    ]
    assert [(drug.code, str(drug.dispensed_on)) for drug in second.content.drugs] == [
        ("620004871", "2026-09-03"),
        ("610406079", "2026-09-03"),
        ("620004871", "2026-09-10"),
        ("610406079", "2026-09-10"),
        ("662640016", "2026-09-04"),
    ]


def test_the_layout_of_insurers_is_read_as_the_institutions_claimed_h16() -> None:
    reading = read_with_reader([SAMPLES["numbered"].body()], "01130012")
    first, second, pharmacy = reading.claims
    assert (reading.sections, reading.faults) == (2, [])
    assert [(drug.code, drug.times, drug.days) for drug in first.content.drugs] == [
        ("620004871", 28, ((3, 28),))
    ]
    assert first.member.branch == "02", "a check counts, whoever added it"
    assert second.setting == "outpatient"
    assert pharmacy.kind == "pharmacy"
    assert reading.passed == {"MN": 3, "IY": 1, "JY": 1, "EX": 1, "RE": 1}


def test_the_member_of_a_claim() -> None:
    members = [claim.member for claim in read_with_reader([SAMPLES["medical"].body()], "01130012").claims]
    assert [(m.symbol, m.number, m.branch) for m in members] == [
        ("見本", "1234", "01"),
        ("見本", "1235", None),
        ("１２３４・５６", "００７", "02"),
    ]
    aid = [claim.member for claim in read_with_reader([SAMPLES["aid"].body()], "12143210").claims]
    assert [(m.insurer_number, m.symbol, m.number) for m in aid] == [
        ("12143210", None, "1234566"),
        ("12143210", None, "0000018"),
        ("12143210", None, "1234566"),
    ]


def test_a_unit_shares_times_and_days_and_its_comment_is_the_usage() -> None:
    first = read_with_reader([SAMPLES["medical"].body()], "01130012").claims[0].content
    assert [(drug.act, drug.times, drug.days, drug.usage) for drug in first.drugs] == [
        ("21", 28, ((3, 28),), "１日３回毎食後"),
        ("21", 28, ((3, 28),), "１日３回毎食後"),
        ("22", 4, ((17, 4),), None),
        ("23", 1, ((17, 1),), "１日２回患部に塗る"),
        # The points are on the material after it.
        ("31", 2, ((3, 1), (17, 1)), None),
    ]


def test_a_medicine_occurs_once_per_dispensing() -> None:
    first = read_with_reader([SAMPLES["pharmacy"].body()], "01130012").claims[0].content
    dispensed = [
        (
            drug.code,
            drug.act,
            drug.times,
            str(drug.dispensed_on),
            drug.usage_code,
            drug.usage,
            drug.instruction,
        )
        for drug in first.drugs
    ]
    assert dispensed == [
        ("620004871", "21", 14, "2026-09-03", "003", None, None),
        ("610406079", "21", 14, "2026-09-03", "003", None, None),
        ("620004871", "21", 14, "2026-09-17", "003", None, None),
        ("610406079", "21", 14, "2026-09-17", "003", None, None),
        ("620007816", "22", 5, "2026-09-03", "900", "頭痛時　１回１錠", None),
        ("662640016", "23", 1, "2026-09-17", "043", None, "右膝に"),
    ]
