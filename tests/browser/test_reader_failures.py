"""Failures at the reader, in a real browser: each has its screen, with what to do and who helps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.builders.clinic.fake_card import VERIFY, FakeCard
from tests.builders.clinic.reader_rig import ReaderRig
from tests.builders.clinic.reader_steps import at, choose_pin, key_in, place, press


def test_a_wrong_pin_leads_to_the_last_try_which_asks_first(rig: ReaderRig, screen: Page) -> None:
    card = FakeCard()
    place(rig, card)
    choose_pin(screen, "9999")
    expect(screen.locator("h1")).to_contain_text("暗証番号が違います")
    expect(screen.get_by_text("あと2回入力できます")).to_be_visible()
    key_in(screen, "9999")
    at(screen, "last-try", "あと1回です")
    key_in(screen, "9999")
    assert card.tries_left == 1
    press(screen, "暗証番号を入力する（最後の1回）")
    at(screen, "pin")
    key_in(screen, "9999")
    at(screen, "locked", "ロックされました")
    expect(screen.get_by_role("alert")).to_be_visible()


def test_a_card_that_is_taken_is_shown_at_once(rig: ReaderRig, screen: Page) -> None:
    card = FakeCard()
    place(rig, card)
    at(screen, "method")
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    screen.keyboard.type("12")
    rig.take()
    at(screen, "removed", "カードが離れました")
    expect(screen.get_by_text("暗証番号の残り回数は減っていません")).to_be_visible()
    assert [command for command in card.sent(VERIFY) if len(command) > 10] == []


def test_a_card_without_a_pin_calls_the_staff(rig: ReaderRig, screen: Page) -> None:
    place(rig, FakeCard(scripted={VERIFY: ["6a88"] * 3}))
    at(screen, "unset", "暗証番号がありません")
    expect(screen.get_by_text("職員がお顔とカードの写真を確認します")).to_be_visible()


@pytest.mark.parametrize("code", ["certificate-revoked", "certificate-suspended", "certificate-expired"])
def test_a_card_that_cannot_be_used_leads_to_the_town_office_and_the_staff(
    rig: ReaderRig, screen: Page, code: str
) -> None:
    rig.fund.failures["/v1/eligibility/card"] = [code]
    place(rig, FakeCard())
    choose_pin(screen)
    at(screen, "held", "いま健康保険証として使えません")
    expect(screen.get_by_text("本日の受付は職員がご案内します")).to_be_visible()


def test_without_a_connection_nobody_is_shown_as_uninsured(rig: ReaderRig, screen: Page) -> None:
    rig.fund.failures["/v1/eligibility/card"] = ["lost", "lost"]
    place(rig, FakeCard())
    choose_pin(screen)
    at(screen, "network", "ただいま確認できません")
    expect(screen.get_by_text("保険が使えないという意味ではありません")).to_be_visible()
    expect(screen.locator(".reader-text")).to_have_css("border-style", "dashed")


def test_refusals_that_might_protect_somebody_look_the_same(rig: ReaderRig, screen: Page) -> None:
    pictures = set()
    for code in ("card-not-usable", "registration-conflict", "certificate-policy"):
        rig.fund.failures["/v1/eligibility/card"] = [code]
        place(rig, FakeCard())
        choose_pin(screen)
        at(screen, "other", "受付できませんでした")
        pictures.add(screen.screenshot(animations="disabled"))
        rig.empty()
        at(screen, "idle")
    assert len(pictures) == 1
