"""The pages of mismatches, papers and figures."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.web.app import create_app
from tests.builders.page_words import words_of
from tests.unit.payer_mock.builders import INSURER
from tests.unit.payer_mock.web.app import APPROVER, ORIGIN, Browser
from tests.unit.payer_mock.web.member_data import HISTORY, MEMBER

pytestmark = pytest.mark.anyio

SUMMARY = {
    "enrolment_id": MEMBER,
    "symbol": "架空",
    "number": "7701",
    "branch": "00",
    "birth_date": "1980-05-17",
}
NEED = SUMMARY | {"reason": "no-card", "needed_from": None, "new_since": True}
CONFIRMED = {
    "enrolment_id": MEMBER, "match": "one", "known_from": "2026-11-30T00:00:00Z", "acquired_on": "2020-04-01",
    "lost_on": None, "mismatch": "none",
}  # fmt: skip
CONFIRM = f"/enrolment/mismatches/{MEMBER}/confirm"


def mismatch(match: str, **more: Any) -> dict[str, Any]:
    since = {"since": "2026-10-20T05:05:00Z", "acquired_on": "2020-04-01", "lost_on": None}
    return SUMMARY | {"register_match": match} | since | more


@pytest.mark.parametrize("match", [one.value for one in RegisterMatch if one is not RegisterMatch.ONE])
async def test_every_kind_of_mismatch_has_its_words_and_its_actions(browser: Browser, match: str) -> None:
    browser.fund.answers["/v1/mismatches"] = {
        "mismatches": [mismatch(match)], "next": "x1", "claimed_elsewhere": [SUMMARY | {"since": "2026-11-01T00:00:00Z"}],
    }  # fmt: skip
    await browser.log_in()
    page = await browser.get("/enrolment/mismatches")
    assert "最も古いもの：41日前" in words_of(page)
    assert "他の保険者が登録しようとした加入者" in words_of(page)
    assert "/enrolment/mismatches?after=x1" in page.text
    assert (f'action="{CONFIRM}"' in page.text) is (match != "contested")
    assert (f'href="/enrolment/mismatches/{MEMBER}"' in page.text) is (match == "contested")


@pytest.mark.parametrize(
    ("query", "next", "words"),
    [
        ("", None, "未処理 2件"),
        ("", "x1", "未処理 2件以上"),
        ("?after=x0", None, None),
        ("?after=x0", "x1", None),
    ],
)
async def test_how_many_wait_and_how_long_is_of_the_queue_and_of_no_page(
    browser: Browser, query: str, next: str | None, words: str | None
) -> None:
    queue = {"mismatches": [mismatch("none"), mismatch("none")], "next": next}
    browser.fund.answers["/v1/mismatches"] = queue
    await browser.log_in()
    shown = words_of(await browser.get(f"/enrolment/mismatches{query}"))
    assert [found.strip() for found in re.findall(r"未処理 \d+件(?:以上)?", shown)] == (
        [words] if words else []
    )
    assert ("最も古いもの：41日前" in shown) is (words is not None)


async def test_a_proposal_is_shown_with_its_differences_linked_or_turned_down(browser: Browser) -> None:
    differences = [{"item": "name", "kind": "character"}]
    queue = {"mismatches": [mismatch("variant", differences=differences)], "next": None}
    browser.fund.answers |= {
        "/v1/mismatches": queue,
        "/v1/enrolments/unlink": CONFIRMED | {"correction_list": []},
    }
    await browser.log_in()
    page = await browser.get("/enrolment/mismatches")
    assert "氏名：" in words_of(page)
    assert "この方とひも付ける" in words_of(page)
    unlink = f"/enrolment/mismatches/{MEMBER}/unlink"
    assert f'action="{unlink}"' in page.text
    await browser.post(unlink)
    assert "この方を本人ではないと登録しました。" in words_of(await browser.get("/enrolment/mismatches"))


@pytest.mark.parametrize("state", ["open", "confirmed"])
async def test_a_proposal_of_a_confirmed_member_states_that_her_number_is_answered(
    browser: Browser, state: str
) -> None:
    differences = [{"item": "name", "kind": "character"}]
    waiting = mismatch("variant", differences=differences, mismatch=state)
    browser.fund.answers["/v1/mismatches"] = {"mismatches": [waiting], "next": None}
    await browser.log_in()
    words = words_of(await browser.get("/enrolment/mismatches"))
    assert ("番号による資格確認には回答しています。" in words) is (state == "confirmed")
    assert "この方とひも付ける" in words


@pytest.mark.parametrize(
    ("match", "linked", "mismatch_", "words"),
    [
        ("one", None, "none", "J-LIS照会で本人を特定し、ひも付けました。"),
        ("none", None, "confirmed", "確認済みにしました。"),
        ("variant", False, "open", "表記の異なる候補者がいます。"),
        ("variant", True, "none", "表記の異なる本人を確認し、ひも付けました。"),
    ],
)
async def test_a_confirmation_reports_what_the_register_answered(
    browser: Browser, match: str, linked: bool | None, mismatch_: str, words: str
) -> None:
    browser.fund.answers["/v1/mismatches"] = {"mismatches": [], "next": None}
    browser.fund.answers["/v1/mismatches/confirm"] = CONFIRMED | {
        "match": match, "linked": linked, "mismatch": mismatch_,
    }  # fmt: skip
    await browser.log_in()
    assert (await browser.post(CONFIRM)).headers["location"] == "/enrolment/mismatches"
    page = words_of(await browser.get("/enrolment/mismatches"))
    assert words in page
    assert "未処理の不一致はありません。" in page


async def test_a_contested_member_is_confirmed_by_the_approver_with_a_reason(browser: Browser) -> None:
    browser.fund.answers["/v1/mismatches/confirm"] = CONFIRMED
    await browser.log_in()
    contested = f"/enrolment/mismatches/{MEMBER}"
    assert f'action="{CONFIRM}"' not in (await browser.get(contested)).text
    left = await browser.post("/enrolment/logout", {"next": contested})
    assert left.headers["location"] == f"/enrolment/login?next={contested}"
    assert (await browser.log_in(APPROVER, next=contested)).headers["location"] == contested
    assert f'action="{CONFIRM}"' in (await browser.get(contested)).text
    for reason, sentence in [
        (" ", "理由を入力してください。"),
        ("x" * 201, "理由は200文字以内で入力してください。"),
    ]:
        refused = await browser.post(CONFIRM, {"reason": reason})
        assert (refused.status_code, sentence in words_of(refused)) == (400, True)
    assert f'value="{"x" * 201}"' in refused.text, "it can be shortened"
    assert browser.fund.calls == []
    assert (await browser.post(CONFIRM, {"reason": "ご本人に確認"})).status_code == 303
    assert browser.fund.calls == [("POST", "/v1/mismatches/confirm", f"approver-{INSURER}")]


async def test_who_needs_a_paper_is_listed_and_no_cell_becomes_a_formula(browser: Browser) -> None:
    browser.fund.answers["/v1/paper-certificates"] = {
        "since": "2026-10-30", "members": [NEED | {"symbol": "=1+1"}], "next": None,
    }  # fmt: skip
    await browser.log_in()
    page = words_of(await browser.get("/enrolment/papers"))
    assert "利用登録なし" in page
    assert "直ちに" in page
    saved = await browser.get("/enrolment/papers/list.csv")
    assert saved.headers["cache-control"] == "no-store"
    assert saved.headers["content-disposition"] == 'attachment; filename="paper-certificates.csv"'
    _, row = csv.reader(io.StringIO(saved.content.decode("utf-8-sig")))
    assert row == ["'=1+1", "7701", "00", "1980-05-17", "利用登録なし", "", "新規"]


def needs(count: int) -> list[dict[str, Any]]:
    return [
        NEED | {"enrolment_id": f"019ab000-0000-7000-8000-{n:012}", "number": str(10_000 + n)}
        for n in range(count)
    ]


def listed(page: httpx2.Response) -> list[str]:
    """The members' numbers on a page."""
    return re.findall(r">架空・(\d+)・00<", page.text)


def many_needs(query: dict[str, str]) -> dict[str, Any]:
    """One of six pages of a thousand needs each."""
    page = int(query.get("after", "0"))
    members = [one | {"number": f"{page}{one['number']}"} for one in needs(1_000)]
    return {"since": "2026-10-30", "members": members, "next": str(page + 1) if page < 5 else None}


async def test_a_long_list_is_saved_whole(browser: Browser) -> None:
    browser.fund.answers["/v1/paper-certificates"] = many_needs
    await browser.log_in()
    saved = await browser.get("/enrolment/papers/list.csv")
    _, *rows = csv.reader(io.StringIO(saved.content.decode("utf-8-sig")))
    assert [row[1] for row in rows] == [f"{page}{10_000 + n}" for page in range(6) for n in range(1_000)]


async def test_a_list_that_the_fund_refuses_is_a_page_and_one_that_it_breaks_off_is_not_whole(
    browser: Browser,
) -> None:
    await browser.log_in()
    browser.fund.failure = "database-unavailable"
    refused = await browser.get("/enrolment/papers/list.csv")
    assert (refused.status_code, refused.headers["content-type"]) == (502, "text/html; charset=utf-8")
    browser.fund.failure = None

    def broken_off(query: dict[str, str]) -> dict[str, Any]:
        browser.fund.failure = "database-unavailable"
        return many_needs(query)

    browser.fund.answers["/v1/paper-certificates"] = broken_off
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(create_app(browser.desk)),
        base_url=ORIGIN,
        cookies=browser.http.cookies,
    ) as http:
        # The server cuts the connection then, and the browser says that the download failed.
        with pytest.raises(RuntimeError, match="response already started"):
            await http.get("/enrolment/papers/list.csv")


async def test_the_funds_long_page_is_shown_in_parts_of_a_hundred(browser: Browser) -> None:
    browser.fund.answers["/v1/paper-certificates"] = {
        "since": "2026-10-30", "members": needs(250), "next": "c&2",
    }  # fmt: skip
    await browser.log_in()
    path, read = "/enrolment/papers?after=c1", []
    while "c%262" not in path:
        page = await browser.get(path)
        numbers = listed(page)
        assert len(numbers) == page.text.count(" checked>") <= 100
        read += numbers
        [path] = [html.unescape(one) for one in re.findall(r'href="(/enrolment/papers\?[^"]+)"', page.text)]
        assert browser.fund.query == {"after": "c1"}
    assert read == [str(10_000 + n) for n in range(250)]
    assert path == "/enrolment/papers?after=c%262"


async def test_nothing_chosen_shows_the_same_part_again(browser: Browser) -> None:
    browser.fund.answers["/v1/paper-certificates"] = {
        "since": "2026-10-30", "members": needs(250), "next": None,
    }  # fmt: skip
    await browser.log_in()
    again = await browser.post("/enrolment/papers/print", {"after": "c1", "skip": "100"})
    assert again.status_code == 400
    assert "<title>エラー：" in again.text
    assert listed(again)[0] == "10100"
    assert 'name="skip" value="100"' in again.text
    assert browser.fund.query == {"after": "c1"}


@pytest.mark.parametrize(
    ("query", "next", "words"),
    [
        ("", None, "資格確認書が必要な加入者はいません。"),
        ("", "c2", "このページには、資格確認書が必要な加入者はいません。"),
        ("?after=c1", None, "このページには、資格確認書が必要な加入者はいません。"),
    ],
)
async def test_a_page_without_anybody_names_itself_alone(
    browser: Browser, query: str, next: str | None, words: str
) -> None:
    browser.fund.answers["/v1/paper-certificates"] = {"since": "2026-10-30", "members": [], "next": next}
    await browser.log_in()
    shown = await browser.get(f"/enrolment/papers{query}")
    assert f"<p>{words}</p>" in shown.text


@pytest.mark.parametrize("query", ["skip=-1", "skip=x", "skip=10001", f"after={'1' * 201}"])
async def test_a_page_that_is_none_asks_nobody(browser: Browser, query: str) -> None:
    await browser.log_in()
    for path in ("papers", "deregistrations"):
        assert (await browser.get(f"/enrolment/{path}?{query}")).status_code == 400
    assert browser.fund.calls == []


async def test_papers_are_printed_from_what_the_fund_has(browser: Browser) -> None:
    browser.fund.answers |= {
        "/v1/paper-certificates": {"since": "2026-10-30", "members": [NEED], "next": None},
        f"/v1/members/{MEMBER}": HISTORY,
    }
    await browser.log_in()
    paper = await browser.post("/enrolment/papers/print", {"member": MEMBER})
    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    "chosen", [{}, {"member": "019ab000-0000-7000-8000-000000000001"}], ids=["none", "another"]
)
async def test_without_a_member_who_needs_one_no_paper_is_printed(
    browser: Browser, chosen: dict[str, str]
) -> None:
    browser.fund.answers["/v1/paper-certificates"] = {"since": "2026-10-30", "members": [NEED], "next": None}
    await browser.log_in()
    response = await browser.post("/enrolment/papers/print", chosen)
    assert response.status_code == 400
    assert "作成する加入者を選んでください。" in words_of(response)
    assert {path for _, path, _ in browser.fund.calls} == {"/v1/paper-certificates"}


async def test_too_many_papers_at_once_are_refused(browser: Browser) -> None:
    await browser.log_in()
    response = await browser.http.post("/enrolment/papers/print", data={"member": [MEMBER] * 101})
    assert response.status_code == 400
    assert browser.fund.calls == []


@pytest.mark.parametrize(
    ("median", "look_ups", "words"),
    [
        (
            96.0,
            {"1": 12_408, "4": 385, "certificate-expired": 3},
            ["4.0日", "19.0日", "合計 12,796件", "該当資格なし", "3.0"],
        ),
        (None, {}, ["直近90日間の登録はありません。", "直近30日間の資格確認はありません。"]),
    ],
    ids=["figures", "nothing yet"],
)
async def test_figures(
    browser: Browser, median: float | None, look_ups: dict[str, int], words: list[str]
) -> None:
    delay = {"enrolments": 20, "median_hours": median, "p95_hours": median and 456.0}
    browser.fund.answers["/v1/statistics"] = {"registration_delay": delay, "look_ups": look_ups}
    await browser.log_in()
    page = await browser.get("/enrolment/figures")
    for word in words:
        assert word in words_of(page)
    assert page.text.count('role="img"') == (2 if look_ups else 0)
    saved = (await browser.get("/enrolment/figures/figures.csv")).content.decode("utf-8-sig")
    assert "直近90日間の登録件数" in saved
    assert "月別" not in words_of(page)
    assert all(str(count) in saved for count in look_ups.values())


@pytest.mark.parametrize(("known", "lines"), [(0, 0), (1, 0), (2, 2), (6, 2)])
async def test_the_delay_of_months_is_a_line_each_and_a_table(
    browser: Browser, known: int, lines: int
) -> None:
    delay = {"enrolments": 20, "median_hours": 96.0, "p95_hours": 456.0}
    nothing = {"enrolments": 0, "median_hours": None, "p95_hours": None}
    months = [{"month": f"2026-0{place}", **(delay if place <= known else nothing)} for place in range(1, 7)]
    browser.fund.answers["/v1/statistics"] = {
        "registration_delay": delay, "delay_by_month": months, "look_ups": {},
    }  # fmt: skip
    await browser.log_in()
    page = await browser.get("/enrolment/figures")
    assert page.text.count('class="series') == lines
    assert ("月別の登録までの日数" in words_of(page)) is (lines > 0)
    assert words_of(page).count("2026-06") >= (1 if lines else 0)
    saved = (await browser.get("/enrolment/figures/figures.csv")).content.decode("utf-8-sig")
    assert saved.count("登録までの時間（中央値） 2026-0") == 6
