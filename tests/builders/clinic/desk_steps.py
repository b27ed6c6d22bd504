"""What a reception does at its desk, in a browser, and the visits that it finds there."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page

from clinic_terminal.store.records import StoredMembership, Way
from eligibility_api.contract.codes import Validity
from tests.builders.clinic.desk import RECEPTION, Desk, Operator
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment

LONG_NAME = "ＭＩＨＯＮ　ＳＡＭＰＬＥ　ＶＥＲＹ　ＬＯＮＧ　ＮＡＭＥ　𠮷子髙﨑●＜＞"
"""With a character that few fonts have, one that cannot be transmitted, and signs of markup."""

ASKED = StoredMembership(
    insurer_number="06130017", symbol="123", number="7702", birth_date=ended_enrolment().birth_date
)


def log_in(desk: Desk, page: Page, operator: Operator = RECEPTION) -> None:
    """Log in; lands on the list of visits."""
    page.goto(f"{desk.url}/login")
    page.get_by_label("氏名").fill(operator[0])
    page.get_by_label("パスワード").fill(operator[1])
    page.get_by_role("button", name="ログインする").click()
    page.wait_for_url("**/desk")


def open_visit(desk: Desk, page: Page, visit: str) -> None:
    """Open a visit by its address."""
    page.goto(f"{desk.url}/desk/visits/{visit}")


def changed_person(desk: Desk) -> str:
    """A person who has a new insurer, and a name that cannot be transmitted."""
    was = enrolment(
        name="見本　髙﨑", name_kana="ミホン　タカサキ", insurer_number="06130017",
        insurer_name="架空健康保険組合", symbol="架空", number="7756",
    )  # fmt: skip
    desk.visit(answer(results=[was]), at=NOW - timedelta(days=58))
    changes = {
        "name": "見本　●●",
        "insurer_number": "01130012",
        "insurer_name": "架空健康保険協会",
        "number": "99",
    }
    return desk.visit(answer(results=[was.model_copy(update=changes)]))


def states(desk: Desk) -> dict[str, str]:
    """A visit of each state, by its class."""
    return {
        "valid": desk.visit(answer()),
        "invalid": desk.visit(answer(Validity.INVALID, [ended_enrolment()])),
        "none": desk.visit(answer(Validity.NOT_FOUND, []), way=Way.NUMBER, asked=ASKED),
        "several": desk.visit(answer(Validity.AMBIGUOUS, []), way=Way.NUMBER, asked=ASKED),
        "unknown": desk.visit(None, code="fund-unreachable", way=Way.NUMBER, asked=ASKED, milliseconds=8000),
    }
