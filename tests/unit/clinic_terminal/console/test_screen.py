"""The screen of an outcome."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from rich.cells import cell_len
from rich.console import Console

from clinic_terminal.card.errors import CardError
from clinic_terminal.console import screen
from clinic_terminal.errors import CATALOGUE, TerminalError
from clinic_terminal.outcome import Outcome
from clinic_terminal.queries.number_lookup import LookupOutcome
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Care, Category, Validity
from eligibility_api.contract.consent import Allowed, Basis, ConsentAnswer
from eligibility_api.contract.eligibility import CertificateRenewal
from tests.builders.clinic.fake_consents import CONSENT, UNTIL_WHEN
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment, outcome, timings


def shown(result: Outcome, *, with_timings: bool = False, colour: bool = False, width: int = 120) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    screen.show(console, result, with_timings=with_timings)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("validity", "line"),
    [
        (Validity.VALID, "○ 有効 / Valid"),
        (Validity.INVALID, "× 無効 / Not valid"),
        (Validity.INVALID_NEWER_EXISTS, "× 無効（新しい資格あり） / Not valid (a newer insurance exists)"),
        (Validity.NOT_FOUND, "－ 該当資格なし / Nothing found"),
        (Validity.AMBIGUOUS, "？ 複数該当 / Several found"),
        (Validity.VALID_UNREGISTERED, "○ 有効（医療券・調剤券の登録なし） / Valid (no ticket registered)"),
    ],
)
def test_the_headline_comes_first_and_needs_no_colour(validity: Validity, line: str) -> None:
    assert shown(outcome(answer(validity))).splitlines()[0].strip() == line


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (
            "fund-unreachable",
            "… 確認できません（通信・システム障害） / Cannot be checked (connection or system failure)",
        ),
        ("card-missing", "！ カードを読み取れません / Card not read"),
        *(
            (code, "！ 暗証番号を確認できません / PIN not verified")
            for code in CATALOGUE
            if code.startswith("pin-")
        ),
        ("certificate-expired", "！ このカードでは確認できません / Cannot be checked with this card"),
        ("right-missing", "！ この操作はできません / Not permitted"),
        ("request-invalid", "！ 入力内容を確認してください / Check the input"),
        ("first-registration-needed", "→ 利用登録が必要です / Registration for insurance use needed"),
    ],
)
def test_a_problem_is_shown_with_its_sentences_in_both_languages(code: str, line: str) -> None:
    problem = TerminalError(code)
    text = shown(outcome(problem=problem))
    assert text.splitlines()[0].strip() == line
    unwrapped = "".join(text.split())
    assert "".join(problem.entry.ja.split()) in unwrapped
    assert "".join(problem.entry.en.split()) in unwrapped


def test_colour_is_there_where_the_terminal_has_it() -> None:
    assert "\x1b[1;7;32m" in shown(outcome(answer()), colour=True)
    assert "\x1b[1;7;31m" in shown(outcome(answer(Validity.INVALID)), colour=True)


def test_an_enrolment_shows_insurer_person_with_kana_and_days() -> None:
    text = shown(outcome(answer()))
    assert "01130012 架空健康保険組合" in text
    assert "架空 花子（カクウ ハナコ）" in text
    for part in ("12・345・00", "1980-02-03", "2020-04-01（令和2年4月1日） ～"):
        assert part in text


def test_an_ended_enrolment_shows_when_and_why_and_what_to_do() -> None:
    text = shown(outcome(answer(Validity.INVALID, [ended_enrolment()])))
    rows = dict(re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if "喪失" in line[:4])
    assert rows == {
        "資格喪失日 / First day without it": "2026-03-01（令和8年3月1日）",
        "喪失事由 / Reason of loss": "医療保険等の資格取得 / other insurance",
    }
    assert "他の確認方法" in text


def test_every_insurance_of_the_person_is_shown() -> None:
    second = enrolment(insurer_name="架空市", number="999", address=None, name_kana=None)
    text = shown(outcome(answer(Validity.VALID, [enrolment(), second])))
    assert "架空健康保険組合" in text
    assert "架空市" in text


@pytest.mark.parametrize("validity", [Validity.INVALID, Validity.INVALID_NEWER_EXISTS])
def test_an_ended_insurance_comes_with_a_sentence_for_the_patient(validity: Validity) -> None:
    text = shown(outcome(answer(validity, [ended_enrolment()])))
    assert "患者さんへのご案内：架空健康保険組合の資格は、2026年3月1日からなくなっています。" in text
    assert "2026-03-01 is the first day without it" in text
    open_end = shown(outcome(answer(validity, [enrolment()])))
    assert "患者さんへのご案内：架空健康保険組合の資格は、なくなっています。" in open_end


def test_an_insurance_that_does_not_hold_has_no_burden() -> None:
    assert "負担割合" in shown(outcome(answer()))
    assert "負担割合" not in shown(outcome(answer(Validity.INVALID, [ended_enrolment()])))


def test_at_80_columns_a_long_sentence_is_folded_and_not_cut_off() -> None:
    text = shown(outcome(answer(results=[enrolment(burden_expected=True)])), width=80)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    values = "".join(line[-40:].strip() for line in text.splitlines())
    assert "資格確認書・高齢受給者証などで確認してください" in "".join(values.split())
    assert "…" not in text


ALTERNATIVES = (
    "資格確認書",
    "マイナポータルの資格情報画面",
    "資格情報のお知らせと",
    "被保険者資格申立書",
    "緊急時医療情報",
)


@pytest.mark.parametrize(
    "ended",
    [
        outcome(answer(Validity.INVALID, [ended_enrolment()])),
        outcome(answer(Validity.INVALID_NEWER_EXISTS, [ended_enrolment()])),
        outcome(answer(Validity.NOT_FOUND, [])),
        outcome(problem=TerminalError("eligibility-not-confirmable")),
        outcome(problem=TerminalError("fund-unreachable")),
    ],
)
def test_the_alternatives_are_listed_best_first(ended: TapOutcome) -> None:
    text = shown(ended).partition("他の確認方法")[2]
    places = [text.index(alternative) for alternative in ALTERNATIVES]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "answered",
    [
        outcome(answer()),
        outcome(answer(Validity.AMBIGUOUS, [])),
        outcome(problem=TerminalError("card-not-usable")),
        outcome(problem=TerminalError("certificate-revoked")),
    ],
)
def test_the_alternatives_are_not_offered_where_they_do_not_help(answered: TapOutcome) -> None:
    assert "他の確認方法" not in shown(answered)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("card-not-usable", "！ このカードでは確認できません / Cannot be checked with this card"),
        ("eligibility-not-confirmable", "… 資格を確認できません / Cannot be confirmed"),
    ],
)
def test_a_protected_person_is_refused_in_neutral_terms(code: str, line: str) -> None:
    assert shown(outcome(problem=TerminalError(code))).splitlines()[0].strip() == line


def test_the_reference_number_is_shown() -> None:
    assert "照会番号 / Reference number: A-17" in shown(outcome(answer(reference_number="A-17")))
    assert "照会番号" not in shown(outcome(answer()))


def test_an_answer_as_of_an_earlier_instant_shows_it() -> None:
    earlier = LookupOutcome(timings(apdus=0), answer(), known_at=NOW)
    assert "登録内容の基準日時 / As known at: 2026-04-01T09:00:00+00:00" in shown(earlier)


def test_a_rate_limit_shows_when_to_try_again() -> None:
    text = shown(outcome(problem=TerminalError("overloaded", retry_after=90)))
    assert "90秒後にもう一度お試しください\nTry again in 90 s\n" in text


def test_a_rejected_input_names_the_invalid_fields() -> None:
    problem = TerminalError("request-invalid", errors=[{"place": "birth_date", "rule": "day"}])
    assert "birth_date: day" in shown(outcome(problem=problem))


def test_control_characters_and_markup_are_replaced_or_shown() -> None:
    hostile = enrolment(
        name="\x1b[2J[bold]架空[/bold]", insurer_name="<script>\u202e組合", name_alias="[red]別名[/red]"
    )
    text = shown(outcome(answer(Validity.INVALID, [hostile], reference_number="\x9b[link]")))
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert "<script>\N{REPLACEMENT CHARACTER}組合" in text
    assert "[red]別名[/red]" in text
    assert "\N{REPLACEMENT CHARACTER}[2J[bold]架空[/bold]" in text


def test_the_elapsed_seconds_exclude_waiting_for_people() -> None:
    assert "所要時間：0.2秒\nElapsed: 0.2 s\n" in shown(outcome(answer()))


def test_the_code_and_the_status_word_are_shown_for_the_support() -> None:
    assert "card-unexpected 6F00" in shown(outcome(problem=CardError("card-unexpected", status_word=0x6F00)))
    assert "reader-missing 80100017" in shown(outcome(problem=CardError("reader-missing", pcsc=0x80100017)))


def test_giving_up_reminds_to_take_the_card() -> None:
    lines = shown(outcome()).splitlines()
    assert lines[0].strip() == "■ 中止しました / Given up"
    assert lines[-1] == "カードをお取りください / Take the card"


def test_tries_left_and_a_registration_are_shown() -> None:
    text = shown(outcome(answer(), tries_left=3, registered=True))
    assert "PIN tries left: 3" in text
    assert "利用登録を行いました" in text


def test_without_a_card_there_is_no_reminder_to_take_it() -> None:
    there, never = outcome(answer()), TapOutcome(timings(apdus=0), problem=TerminalError("card-missing"))
    assert "カードをお取りください" in shown(there)
    assert "カードをお取りください" not in shown(never)


def test_timings_are_shown_on_request() -> None:
    text = shown(outcome(answer()), with_timings=True)
    assert "端末ソフトウェア / software" in text
    assert "カード / card (10 APDUs)" in text
    assert "software" not in shown(outcome(answer()))


def shown_consent(consent: ConsentOutcome) -> list[str]:
    return shown(replace(outcome(answer()), consent=consent)).splitlines()


def registered() -> ConsentAnswer:
    return ConsentAnswer(
        consent_id=CONSENT,
        basis=Basis.PIN,
        care=Care.OUTPATIENT,
        allowed=[
            Allowed(category=Category.LIMIT_CERTIFICATE, given_at=NOW, available_until=None),
            Allowed(category=Category.MEDICATION, given_at=NOW, available_until=UNTIL_WHEN),
        ],
        record_id="record-1",
        eligibility=answer(),
    )


def test_a_consent_is_shown_under_the_insurance_with_its_end_in_japan() -> None:
    lines = [line.strip() for line in shown_consent(ConsentOutcome(registered()))]
    assert lines[0] == "○ 有効 / Valid"
    assert "○ 同意を登録しました / Consent registered" in lines
    text = "\n".join(lines)
    assert str(CONSENT) in text
    values = [re.split(r"\s{2,}", line)[-1] for line in lines]
    at = values.index("この回答のみ / this answer only")
    assert values[at : at + 3] == [
        "この回答のみ / this answer only",
        "これまでのお薬の情報 / past medicines",
        "2026-04-02 18:00",
    ]


def test_a_consent_for_a_later_day_is_shown_with_its_beginning() -> None:
    """Rule W12."""
    later = Allowed(
        category=Category.MEDICATION,
        given_at=NOW,
        available_from=NOW + timedelta(hours=78),
        available_until=NOW + timedelta(hours=102),
    )
    text = "\n".join(shown_consent(ConsentOutcome(registered().model_copy(update={"allowed": [later]}))))
    assert re.search(r"閲覧の開始 / Consent begins at +2026-04-05 00:00", text)
    assert re.search(r"同意の期限 / Consent ends at +2026-04-06 00:00", text)


def test_a_consent_can_last_until_it_is_withdrawn() -> None:
    endless = Allowed(category=Category.MEDICATION, given_at=NOW, available_until=None)
    text = "\n".join(shown_consent(ConsentOutcome(registered().model_copy(update={"allowed": [endless]}))))
    assert "取り消すまで / until it is withdrawn" in text


@pytest.mark.parametrize(
    ("consent", "head"),
    [
        (ConsentOutcome(), "－ 同意は得られませんでした / No consent"),
        (
            ConsentOutcome(problem=TerminalError("consent-words-differ")),
            "！ 同意を登録できません / Consent not registered",
        ),
    ],
)
def test_without_a_consent_the_insurance_is_shown_all_the_same(consent: ConsentOutcome, head: str) -> None:
    lines = [line.strip() for line in shown_consent(consent)]
    assert lines[0] == "○ 有効 / Valid"
    assert head in lines


GRACE = CertificateRenewal(status="grace", expires_on=date(2026, 8, 20), renew_by=date(2026, 11, 30))
SOON = CertificateRenewal(status="expiring", expires_on=date(2026, 8, 20), renew_by=date(2026, 11, 30))


@pytest.mark.parametrize(
    ("remark", "japanese", "english"),
    [
        (
            GRACE,
            "電子証明書の有効期限が2026年8月20日に切れています。2026年11月30日までは資格を確認できますが、",
            "The certificate expired on 2026-08-20. Until 2026-11-30 the insurance can be checked with this card,",
        ),
        (
            SOON,
            "電子証明書の有効期限は2026年8月20日です。",
            "The certificate expires on 2026-08-20. Ask the patient to renew it soon",
        ),
    ],
)
@pytest.mark.parametrize("validity", [Validity.VALID, Validity.INVALID])
def test_a_certificate_to_renew_is_named_after_the_headline(
    remark: CertificateRenewal, japanese: str, english: str, validity: Validity
) -> None:
    """Rule A7: a remark on a successful answer, which stays what it is."""
    lines = shown(outcome(answer(validity, certificate_renewal=remark)), width=300).splitlines()
    without = shown(outcome(answer(validity)), width=300).splitlines()
    added = [line for line in lines if line not in without]
    assert len(added) == 2
    assert added[0].startswith(japanese)
    assert added[1].startswith(english)
    assert lines[0] == without[0]


def test_without_a_remark_the_certificate_is_not_shown() -> None:
    assert "電子証明書" not in shown(outcome(answer()))
