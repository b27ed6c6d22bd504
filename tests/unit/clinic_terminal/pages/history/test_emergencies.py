"""Reading without consent in an emergency: hospitals alone, reason and second factor first, then data and notice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic_terminal.errors import TerminalError
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Role
from eligibility_api.contract.emergency import EmergencyReason
from tests.builders.clinic import long_history, samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.fake_permits import PERMIT
from tests.builders.clinic.history_pages import DOCTOR, RECEPTION, Browser
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

ASKED = {"reason": "unconscious", "note": "救急搬送、家族と連絡がつかない", "password": "123456"}


@pytest.fixture
async def hospital(browser: Browser) -> Browser:
    """A browser at a hospital, in which a doctor is logged in."""
    browser.pages.fund.scope = "eligibility emergency"
    await browser.http.post("/logout")
    await browser.log_in(DOCTOR)
    return browser


async def test_reason_and_second_factor_open_every_part_under_a_notice(hospital: Browser) -> None:
    path = f"/history/{hospital.pages.visit()}"
    page = await hospital.get(path)
    assert "薬剤：同意なし" in words_of(page)
    assert f'href="{path}/emergency"' in page.text
    page = await hospital.post(f"{path}/emergency", **ASKED)
    assert page.url.path == path
    assert page.text.count("data-row") == long_history.ROWS
    words = words_of(page)
    assert "救急時の閲覧として記録しました（見本　医師）".replace("　", " ") in words
    assert "この閲覧は、患者さん本人も確認できます。" in words
    assert "閲覧できるのは" in words
    (asked,) = hospital.pages.fund.permits.emergencies
    assert (asked.reason, asked.note) == (EmergencyReason.UNCONSCIOUS, ASKED["note"])
    assert (asked.operator, asked.role) == (DOCTOR[0], Role.DOCTOR)
    assert str(asked.identified_by) == samples.RECORD
    assert f"/v1/emergencies/{PERMIT}/medications" in hospital.pages.fund.calls
    page = await hospital.get(f"{path}/treatments")
    assert "手術：同意なし" not in words_of(page)
    assert "救急時の閲覧として記録しました" in words_of(page)


async def test_the_form_has_the_notice_before_anything_is_asked(hospital: Browser) -> None:
    page = await hospital.get(f"/history/{hospital.pages.visit()}/emergency")
    assert "この閲覧は記録され、患者さん本人も確認できます。" in words_of(page)
    assert 'autocomplete="one-time-code"' in page.text
    assert " checked" not in page.text, "no reason is chosen beforehand"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason-unconscious"),
        ({"note": "  "}, "note"),
        ({"note": "あ" * 201}, "note"),
        ({"password": "1" * 21}, "password"),
        ({"password": ""}, "password"),
        ({"password": "12345"}, "password"),
        ({"password": "12345a"}, "password"),
        ({"password": "١٢٣٤٥٦"}, "password"),
    ],
    ids=str,
)
async def test_nothing_is_asked_without_reason_note_and_password(
    hospital: Browser, changes: dict[str, str], field: str
) -> None:
    path = f"/history/{hospital.pages.visit()}"
    typed = {name: text for name, text in {**ASKED, **changes}.items() if text or name != "reason"}
    page = await hospital.post(f"{path}/emergency", **typed)
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert page.text.count('class="fault"') == 1, "it is at its field too"
    assert f'value="{typed["note"][:200]}"' in page.text, "what was typed stays"
    assert typed["password"] == "" or typed["password"] not in page.text, "a password is never shown again"
    assert hospital.pages.fund.permits.emergencies == []
    assert "薬剤：同意なし" in words_of(await hospital.get(path))


async def test_a_reason_that_does_not_exist_is_refused(hospital: Browser) -> None:
    path = f"/history/{hospital.pages.visit()}"
    assert (await hospital.post(f"{path}/emergency", **{**ASKED, "reason": "curious"})).status_code == 400
    assert hospital.pages.fund.permits.emergencies == []


async def test_full_width_digits_are_understood(hospital: Browser) -> None:
    path = f"/history/{hospital.pages.visit()}"
    await hospital.post(f"{path}/emergency", **{**ASKED, "password": "１２３４５６"})
    assert hospital.pages.fund.permits.emergencies[0].one_time_password == "123456"


@pytest.mark.parametrize("failure", ["second-factor-refused", "lost"])
async def test_a_refused_password_or_a_lost_answer_opens_nothing(hospital: Browser, failure: str) -> None:
    path = f"/history/{hospital.pages.visit()}"
    hospital.pages.fund.failures["/v1/emergencies"] = [failure]
    page = await hospital.post(f"{path}/emergency", **ASKED)
    words = words_of(page)
    assert "閲覧していません" in words
    assert "123456" not in page.text
    assert ASKED["note"] in page.text, "what was typed stays"
    assert "薬剤：同意なし" in words_of(await hospital.get(path))


async def test_it_does_not_exist_outside_hospitals(browser: Browser) -> None:
    path = f"/history/{browser.pages.visit()}"
    assert "/emergency" not in (await browser.get(path)).text
    assert (await browser.get(f"{path}/emergency")).status_code == 404
    assert (await browser.post(f"{path}/emergency", **ASKED)).status_code == 404
    assert browser.pages.fund.permits.emergencies == []


async def test_a_fund_that_does_not_answer_is_a_technical_failure_and_no_missing_page(
    hospital: Browser,
) -> None:
    path = f"/history/{hospital.pages.visit()}/emergency"
    hospital.pages.fund.failures["/v1/token"] = ["lost"] * 10
    for page in (await hospital.get(path), await hospital.post(path, **ASKED)):
        assert page.status_code == 200
        assert "fund-unreachable" in words_of(page)
        assert "閲覧していません" in words_of(page)
    assert ASKED["note"] in page.text, "what was typed stays"
    assert 'value="unconscious" checked' in page.text
    assert ASKED["password"] not in page.text
    assert hospital.pages.fund.permits.emergencies == []


async def test_the_way_to_it_stays_while_the_fund_does_not_answer(
    hospital: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/history/{hospital.pages.visit()}"
    assert f'href="{path}/emergency"' in (await hospital.get(path)).text

    def unreachable(_fund: FundClient) -> None:
        raise TerminalError("fund-unreachable")

    monkeypatch.setattr(FundClient, "rights", unreachable)
    assert f'href="{path}/emergency"' in (await hospital.get(path)).text


async def test_the_reception_cannot_use_it(hospital: Browser) -> None:
    await hospital.http.post("/logout")
    await hospital.log_in(RECEPTION)
    path = f"/history/{hospital.pages.visit()}/emergency"
    assert (await hospital.get(path)).status_code == 403
    assert (await hospital.post(path, **ASKED)).status_code == 403


async def test_it_ends_with_the_permit(hospital: Browser) -> None:
    hospital.pages.opened(timedelta(minutes=10))
    hospital.pages.store.drop_permit(CONSENT)
    path = f"/history/{hospital.pages.visit()}"
    page = await hospital.post(f"{path}/emergency", **ASKED)
    assert page.text.count("data-row") == long_history.ROWS
    hospital.pages.skip(minutes=10)
    page = await hospital.get(path)
    assert page.text.count("data-row") == 0
    assert "閲覧の期限が切れたため、情報を閉じました。" in words_of(page)
