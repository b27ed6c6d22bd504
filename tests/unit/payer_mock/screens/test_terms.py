"""Every code and column that a clerk sees has a Japanese text."""

from __future__ import annotations

import pytest

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.enrolment import Difference, FoldingKind, Mismatch, SpelledItem
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.insurer_ops import PaperApplicationReason, PaperReason
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_rules import MEMBER_RULES
from eligibility_api.contract.uploads import Finding, RowFault
from payer_mock.population.month import Event
from payer_mock.screens.terms import (
    CLAIM_FAULTS,
    COLUMN_NAMES,
    FINDINGS,
    FOLDINGS,
    MISMATCHES,
    PAPER_REASONS,
    POPULATION_EVENTS,
    VALIDITIES,
    column_cell,
    column_label,
    difference_text,
    finding_text,
    lookup_outcome,
    rule_text,
    sentence,
)


def test_every_column_of_a_member_file_has_a_japanese_name() -> None:
    assert set(COLUMN_NAMES) == set(MEMBER_COLUMNS)
    assert column_label("burden_ratio") == "負担割合（burden_ratio）"
    assert column_cell("burden_ratio") == "負担割合\nburden_ratio"
    assert (column_cell(None), column_cell("other")) == ("", "other")


def test_every_code_has_a_text() -> None:
    assert set(RowFault) == MEMBER_RULES.keys()
    assert set(ClaimsFault) == CLAIM_FAULTS.keys()
    assert set(Validity) == VALIDITIES.keys()
    assert set(Mismatch) == MISMATCHES.keys()
    assert set(FoldingKind) == FOLDINGS.keys()
    assert set(PaperReason) == PAPER_REASONS.keys()
    assert {PaperReason(reason.value) for reason in PaperApplicationReason} < set(PaperReason)
    assert set(Event) == POPULATION_EVENTS.keys()


@pytest.mark.parametrize("texts", [CLAIM_FAULTS])
def test_a_text_is_a_sentence_in_japanese_and_one_in_english(texts: dict[str, tuple[str, str]]) -> None:
    assert texts
    for ja, en in texts.values():
        assert ja.endswith("。")
        assert en.endswith(".")


@pytest.mark.parametrize("fault", list(RowFault))
def test_a_rule_has_a_sentence_and_a_proposal_in_both_languages(fault: RowFault) -> None:
    rule = MEMBER_RULES[fault]
    for ja, en in ((rule.ja, rule.en), (rule.fix_ja, rule.fix_en)):
        assert ja.endswith(("。", "）。"))
        assert en.endswith(".")
        assert not ja.isascii()
    ja, en = rule_text(fault.value).split("\n")
    assert (ja, en) == (f"{rule.ja}→ {rule.fix_ja}", f"{rule.en} → {rule.fix_en}")


@pytest.mark.parametrize("item", list(SpelledItem))
@pytest.mark.parametrize("kind", list(FoldingKind))
def test_a_difference_from_the_register_has_its_item_and_kind_in_both_languages(
    item: SpelledItem, kind: FoldingKind
) -> None:
    ja, en = difference_text(Difference(item=item, kind=kind))
    assert ja.startswith(f"{COLUMN_NAMES[item]}：")
    assert (en.startswith(f"{item}: "), not ja.isascii()) == (True, True)
    finding = Finding(code="variant", count=2, holds=False, column=item, detail={"kind": kind})
    assert [
        text.endswith(words) for text, words in zip(finding_text(finding), FOLDINGS[kind], strict=True)
    ] == [
        True,
        True,
    ]


def test_an_unknown_column_is_named_by_its_letters_and_heading() -> None:
    named = Finding(code="unknown-column", count=3, holds=False, column="備考", detail={"letters": "AB"})
    assert (
        finding_text(named)[0]
        == "AB列「備考」は加入者ファイルにない列です。値のあるセル3件を読み飛ばしました。"
    )
    bare = Finding(code="unknown-column", count=1, holds=False, detail={"letters": "C"})
    assert finding_text(bare) == (
        "C列には見出しがありません。値のあるセル1件を読み飛ばしました。",
        "Column C has no heading: 1 cells passed over.",
    )


def test_a_rule_without_a_text_of_its_own_has_a_general_one() -> None:
    assert sentence("some_new_rule")[0] == "値の形式が正しくありません。"
    assert sentence("enrolment-overlap")[0] == CATALOGUE["enrolment-overlap"].ja


@pytest.mark.parametrize(
    ("finding", "ja"),
    [
        (
            Finding(
                code="fill-dropped",
                count=12,
                holds=True,
                column="burden_ratio",
                detail={"before": 0.98, "now": 0.0},
            ),
            "負担割合（burden_ratio）の記入率が低下：98% → 0%",
        ),
        (
            Finding(code="absent", count=3, holds=False, detail={"share": 0.1234}),
            "ファイルにない加入者の割合：12.3%",
        ),
        (Finding(code="gaps", count=1, holds=False), FINDINGS["gaps"][0]),
        (Finding(code="code", count=1, holds=False, column="sex"), MEMBER_RULES[RowFault.CODE].ja),
    ],
)
def test_a_finding_has_its_column_and_shares(finding: Finding, ja: str) -> None:
    assert finding_text(finding)[0] == ja


def test_a_look_up_s_outcome_is_a_validity_or_a_refusal() -> None:
    assert lookup_outcome("4") == "該当資格なし / 4"
    assert lookup_outcome("not-found") == f"{CATALOGUE['not-found'].ja} / not-found"
    assert lookup_outcome("other") == "other"
