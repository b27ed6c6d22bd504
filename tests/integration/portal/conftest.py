"""A fund with a public address, a terminal with the right to make codes, and a patient's own device."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eligibility_api.contract.tokens import Credential
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.own_page import FEW_GUESSES, ORIGIN, RIGHTS, OwnBrowser, code_for, own_browser
from tests.builders.people import Person

_addresses = itertools.count(1)


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a public address over HTTPS."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(
        database, home, public_url=ORIGIN, own_access_guesses_per_hour=FEW_GUESSES
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    """A clinic's terminal with the right."""
    return await fund.terminal(rights=RIGHTS)


@pytest.fixture
async def browser(fund: Fund) -> AsyncIterator[OwnBrowser]:
    """The patient's device, at an address that no other test has."""
    async with own_browser(fund, f"198.51.100.{next(_addresses)}") as opened:
        yield opened


@pytest.fixture
async def patient(fund: Fund, terminal: Credential, browser: OwnBrowser) -> Person:
    """An insured person whose page is open in `browser`."""
    person = await fund.insured()
    assert (await browser.open(await code_for(fund, person, terminal))).status_code == 303
    return person
