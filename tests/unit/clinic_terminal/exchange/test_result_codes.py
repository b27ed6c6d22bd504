"""The codes of results: one for each error of the catalogues, and none that reads like an answer about a person."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import pytest

from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from clinic_terminal.exchange.result_codes import RESULT_CODES, Level, notice_of, remark_of
from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.errors import ErrorKind

REMARKS = {"certificate-expiring", "certificate-grace"}
_CONTRARY = "資格が「無効」という意味ではありません。"

TECHNICAL = [entry for entry in SHOWN_CATALOGUE.values() if entry.kind is ErrorKind.TECHNICAL]


def test_every_error_of_the_fund_and_of_the_terminal_has_a_code_of_its_own() -> None:
    assert set(RESULT_CODES) == set(SHOWN_CATALOGUE) | REMARKS
    numbers = [code.number for code in RESULT_CODES.values()]
    assert len(set(numbers)) == len(numbers) > 100


def test_a_code_is_visibly_ours_and_has_the_catalogues_sentences() -> None:
    for code, entry in SHOWN_CATALOGUE.items():
        notice = notice_of(TerminalError(code))
        assert re.fullmatch(r"SHK-[0-9]{4}", notice.code.number), code
        assert (notice.text.ja, notice.text.en) == (entry.ja, entry.en)


def test_a_technical_failure_never_reads_like_an_answer_about_a_person() -> None:
    assert len(TECHNICAL) > 10
    for entry in TECHNICAL:
        notice = notice_of(TerminalError(entry.code, retry_after=5))
        assert not notice.concerns_person, entry.code
        text = notice.text.ja.replace(_CONTRARY, "")
        assert "無効" not in text
        assert "該当" not in text
        assert text.endswith("5秒後にもう一度お試しください。")


def test_no_error_reads_like_a_validity() -> None:
    for code in SHOWN_CATALOGUE:
        text = notice_of(TerminalError(code)).text.ja.replace(_CONTRARY, "")
        assert not re.search(r"無効|該当資格なし|複数該当", text), code


@pytest.mark.parametrize("code", ["request-invalid", "card-not-usable", "consent-expired", "pin-wrong"])
def test_what_concerns_one_person_does_not_fail_the_message(code: str) -> None:
    assert notice_of(TerminalError(code)).concerns_person


@pytest.mark.parametrize("code", ["token-invalid", "client-closed", "right-missing", "batch-limit"])
def test_what_concerns_the_terminal_fails_the_message(code: str) -> None:
    assert notice_of(TerminalError(code)).code.level is Level.MESSAGE


@pytest.mark.parametrize(
    ("status", "number", "words"),
    [
        ("expiring", "SHK-0001", "電子証明書の有効期限は2026年12月20日です"),
        ("grace", "SHK-0002", "2027年3月31日までは資格を確認できます"),
    ],
)
def test_a_remark_names_the_days(status: Literal["expiring", "grace"], number: str, words: str) -> None:
    renewal = CertificateRenewal(status=status, expires_on=date(2026, 12, 20), renew_by=date(2027, 3, 31))
    remark = remark_of(renewal)
    assert (remark.code.number, remark.code.level) == (number, Level.REMARK)
    assert words in remark.text.ja
