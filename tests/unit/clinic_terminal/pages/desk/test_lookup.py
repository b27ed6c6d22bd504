"""The look-up by number: every way of writing a number, what is read back, and what is refused."""

from __future__ import annotations

import pytest

from eligibility_api.contract.codes import Validity
from tests.builders.clinic.desk import Browser
from tests.builders.clinic.samples import answer
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

TYPED = {"insurer_number": "01130012", "symbol": "12", "number": "345", "birth_date": "S55.2.3"}
MY_NUMBER = "123456789018"


async def asked(desk: Browser, **changes: str) -> str:
    """Send the form; the address of the page that waits."""
    response = await desk.post("/desk/number", TYPED | changes)
    assert response.status_code == 303, words_of(response)
    desk.desk.site.asking.drain()
    return response.headers["location"]


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({}, {"insurer_number": "01130012", "number": "345", "birth_date": "1980-02-03"}),
        ({"insurer_number": "０１１３００１２"}, {"insurer_number": "01130012"}),
        ({"insurer_number": " 01130012 "}, {"insurer_number": "01130012"}),
        ({"number": "３４５"}, {"number": "345"}),
        ({"number": "3 4－5"}, {"number": "345"}),
        ({"branch": "0"}, {"branch": "00"}),
        ({"branch": "０２"}, {"branch": "02"}),
        ({"birth_date": "昭和55年2月3日"}, {"birth_date": "1980-02-03"}),
        ({"birth_date": "１９８０／２／３"}, {"birth_date": "1980-02-03"}),
        ({"birth_date": "19800203"}, {"birth_date": "1980-02-03"}),
        ({"as_of": "R8.3.31"}, {"as_of": "2026-03-31"}),
        ({"limit_certificate": "true"}, {"limit_certificate_consent": True}),
    ],
    ids=str,
)
async def test_every_way_of_writing_is_understood(
    desk: Browser, changes: dict[str, str], sent: dict[str, object]
) -> None:
    await asked(desk, **changes)
    [body] = desk.desk.fund.bodies
    assert {name: body.get(name) for name in sent} == sent


async def test_without_an_agreement_the_limit_certificate_is_not_asked_for(desk: Browser) -> None:
    await asked(desk)
    assert not desk.desk.fund.bodies[0].get("limit_certificate_consent")


async def test_a_look_up_becomes_a_visit_with_its_operator(desk: Browser) -> None:
    words = words_of(await desk.get(await asked(desk)))
    assert "有効" in words
    assert "記録者 見本 受付" in words
    [visit] = desk.desk.store.visits(desk.desk.site.today())
    assert visit.asked is not None
    assert visit.asked.number == "345"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"insurer_number": ""}, "insurer_number", "保険者番号（6桁または8桁）を確認してください。"),
        ({"insurer_number": "01130013"}, "insurer_number", "保険者番号（6桁または8桁）を確認してください。"),
        ({"insurer_number": "abc"}, "insurer_number", "保険者番号（6桁または8桁）を確認してください。"),
        ({"number": " "}, "number", "番号を入力してください。"),
        ({"branch": "123"}, "branch", "枝番は2桁の数字です。"),
        ({"birth_date": "S65.1.1"}, "birth_date", "生年月日を確認してください"),
        ({"birth_date": "2月3日"}, "birth_date", "生年月日を確認してください"),
        ({"as_of": "soon"}, "as_of", "日付を確認してください"),
    ],
    ids=str,
)
async def test_what_cannot_be_meant_is_explained_at_its_field(
    desk: Browser, changes: dict[str, str], field: str, sentence: str
) -> None:
    response = await desk.post("/desk/number", TYPED | changes)
    assert response.status_code == 422
    assert sentence in words_of(response)
    assert f'id="{field}-fault"' in response.text
    assert "<title>エラー：" in response.text
    assert desk.desk.fund.bodies == []


@pytest.mark.parametrize("field", ["number", "symbol", "insurer_number", "branch", "birth_date"])
@pytest.mark.parametrize("text", [MY_NUMBER, "１２３４ ５６７８ ９０１８"], ids=["digits", "full width"])
async def test_a_my_number_is_refused_and_the_field_emptied(desk: Browser, field: str, text: str) -> None:
    response = await desk.post("/desk/number", TYPED | {field: text})
    assert response.status_code == 422
    assert "個人番号（マイナンバー）は入力できません。" in words_of(response)
    assert text not in response.text
    assert desk.desk.fund.bodies == []
    read = (await desk.post("/desk/number/read-back", {"name": field, "value": text})).json()
    assert read["value"] == ""


@pytest.mark.parametrize("field", list(TYPED))
async def test_a_longer_text_than_a_field_may_have_is_a_fault_of_that_field(
    desk: Browser, field: str
) -> None:
    typed = TYPED | {"symbol": "見本"} | {field: "1" * 65}
    response = await desk.post("/desk/number", typed)
    assert response.status_code == 422
    assert f'id="{field}-fault"' in response.text
    assert response.text.count('aria-invalid="true"') == 1
    assert "64文字以内で入力してください。" in words_of(response)
    assert f'value="{"1" * 64}"' in response.text, "what was typed, cut"
    assert field == "symbol" or 'value="見本"' in response.text, "the others stay"
    read = (await desk.post("/desk/number/read-back", {"name": field, "value": "1" * 65})).json()
    assert read == {"value": "1" * 64, "text": "64文字以内で入力してください。"}
    assert desk.desk.fund.bodies == []


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("birth_date", "S54.11.2", {"value": "1979-11-02", "text": "= 昭和54年11月2日（1979-11-02）"}),
        ("insurer_number", "０６１３００１７", {"value": "06130017", "text": ""}),
        ("branch", "2", {"value": "02", "text": ""}),
        ("symbol", "ａｂ－1", {"value": "AB1", "text": ""}),
        ("number", "", {"value": "", "text": ""}),
    ],
    ids=str,
)
async def test_the_server_reads_back_what_it_understood(
    desk: Browser, name: str, value: str, read: dict[str, str]
) -> None:
    assert (await desk.post("/desk/number/read-back", {"name": name, "value": value})).json() == read


async def test_an_unknown_field_is_not_read_back(desk: Browser) -> None:
    assert (await desk.post("/desk/number/read-back", {"name": "x", "value": "1"})).status_code == 422


class TestSeveral:
    """A look-up that matches several persons (複数該当)."""

    @pytest.fixture
    async def visit(self, desk: Browser) -> str:
        desk.desk.fund.answers = [answer(Validity.AMBIGUOUS, [])]
        return await asked(desk)

    async def test_shows_nobody_and_asks_for_the_branch(self, desk: Browser, visit: str) -> None:
        words = words_of(await desk.get(visit))
        assert "どなたの情報も表示していません。" in words
        assert "架空 花子" not in words

    async def test_is_repeated_with_the_branch(self, desk: Browser, visit: str) -> None:
        response = await desk.post(f"{visit}/branch", {"branch_number": "２"})
        desk.desk.site.asking.drain()
        assert "有効" in words_of(await desk.get(response.headers["location"]))
        assert [body.get("branch") for body in desk.desk.fund.bodies] == [None, "02"]

    @pytest.mark.parametrize("branch", ["", "abc", "1" * 65])
    async def test_without_a_branch_asks_nothing(self, desk: Browser, visit: str, branch: str) -> None:
        assert (await desk.post(f"{visit}/branch", {"branch_number": branch})).status_code == 422
        assert len(desk.desk.fund.bodies) == 1


async def test_after_nothing_was_found_the_numbers_are_corrected(desk: Browser) -> None:
    desk.desk.fund.answers = [answer(Validity.NOT_FOUND, [])]
    visit = await asked(desk)
    words = words_of(await desk.get(visit))
    assert "直して照会" in words
    assert "入力した番号" in words
    form = (await desk.get(f"/desk/number?again={visit.rsplit('/', 1)[-1]}")).text
    assert 'value="01130012"' in form
    assert 'value="345"' in form


async def test_a_visit_by_card_has_no_branch_to_add(desk: Browser) -> None:
    visit = desk.desk.visit(answer())
    assert (await desk.post(f"/desk/visits/{visit}/branch", {"branch_number": "01"})).status_code == 409
