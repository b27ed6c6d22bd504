"""Every invalid file is reported with its code, and leaves published data unchanged."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.member_files import get, upload_and_process
from tests.conformance.bad_files import BAD_ROWS, REFUSED_FILES, BadRow, RefusedFile, line, lines

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """The module's fund."""
    async with open_fund(database, tmp_path_factory.mktemp("fund")) as opened:
        yield opened


async def known(fund: Fund) -> list[tuple[object, ...]]:
    statement = "SELECT version, closed_by FROM enrolment ORDER BY version"
    return [tuple(row) for row in await fund.owner.fetch(statement, [])]


@pytest.mark.parametrize("case", REFUSED_FILES, ids=lambda case: case.name)
async def test_an_unreadable_file_is_refused_with_its_code(fund: Fund, case: RefusedFile) -> None:
    before = await known(fund)
    answer = await upload_and_process(fund, case.body, None, **case.query)
    assert (answer["state"], answer["refusal"]) == ("refused", case.refusal)
    assert answer["known_from"] is None
    assert await known(fund) == before


@pytest.mark.parametrize("case", BAD_ROWS, ids=lambda case: case.name)
async def test_an_invalid_row_is_reported_by_place_and_shape_and_others_are_processed(
    fund: Fund, case: BadRow
) -> None:
    body = lines(line("1")).encode() + case.row + b"\n" + f"{line('3')}\n".encode()
    answer = await upload_and_process(fund, body)
    assert answer["state"] == "published"
    assert (answer["report"]["rows"], answer["report"]["bad_rows"]) == (3, 1)
    found = (await get(fund, f"/v1/uploads/{answer['upload_id']}/faults"))["faults"]
    reported = {(fault["row"], fault["code"], fault["column"], fault["shape"]) for fault in found}
    assert (3, case.code, case.column, case.shape) in reported
    assert {fault["row"] for fault in found} == {3}


async def test_no_value_of_an_invalid_row_reaches_the_log(
    fund: Fund, capfd: pytest.CaptureFixture[str]
) -> None:
    await upload_and_process(fund, lines(line("1"), line("2", name="=秘密")).encode())
    assert "秘密" not in "".join(capfd.readouterr())
