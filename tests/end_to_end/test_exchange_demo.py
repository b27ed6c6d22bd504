"""The demo's exchange with the clinic's own software, by real processes; the page for vendors runs as written."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.examples import FIRST_EXAMPLES
from shikaku.clock import today
from shikaku.persons.dataset import Dataset, load_dataset
from shikaku.sites import RECEPTION, serve_exchange
from shikaku.story.exchange import PERSON, ExchangeScenes
from tests.builders.exchange_process import wait_for
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(stack: PopulatedStack) -> Iterator[Dataset]:
    """The scenes' person, with a registered card; taps after this module leave no face files."""
    data = load_dataset(today())
    person = stack.enrol_person(data, PERSON)
    stack.tap("--card", stack.cards / person.card_file, "--register")
    yield data
    stack._wiring.pop("TERMINAL_EXCHANGE_ROOT", None)


def test_a_file_a_tap_and_a_call_are_answered_alike_and_as_the_page_shows(
    stack: PopulatedStack, data: Dataset
) -> None:
    steps = list(ExchangeScenes(stack, data).play())
    assert [step.as_expected for step in steps] == [True] * 3, steps
    assert steps[0].lines[1] == steps[1].lines[1] == steps[2].lines[1]
    page = (ROOT / "docs" / "for-vendors.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^(sh \S*drop-request\.sh) var/demo/exchange$", page, re.MULTILINE)
    done = subprocess.run(
        ["sh", "-c", f"{command} {stack.home / 'exchange'}"],
        cwd=ROOT,
        env=stack.environment | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    assert "<QualificationValidity>1</QualificationValidity>" in done.stdout
    assert list((stack.home / "exchange" / "res").iterdir()) == []


@pytest.mark.skipif(not DEEP, reason="as in test_exchange_folder.py, by the page's words; `make deep`")
def test_after_a_consent_the_folder_opens_medicines(stack: PopulatedStack, data: Dataset) -> None:
    """The page's second step. Starts the terminal's process unless the test above has."""
    if not stack.screens_url:
        serve_exchange(stack, stack.home / "exchange")
    card = stack.cards / data.person(PERSON).card_file
    stack.tap("--card", card, "--consent", "all", "--agree")
    folder = stack.home / "exchange"
    (folder / "req" / "YZKsiquc01req_1.xml").write_bytes(
        xml_codec.encode(FIRST_EXAMPLES["YZKsiquc01req"], Encoding.UTF_8).content
    )
    result = folder / "res" / "YZKsiquc01res_1.xml"
    wait_for(result.exists, "the medicines")
    assert "<ResultCode>1</ResultCode>" in result.read_text(encoding="utf-8")


def test_the_desk_of_the_same_process_shows_the_visits_and_asks_the_real_fund(
    stack: PopulatedStack, data: Dataset
) -> None:
    """Starts the terminal's process unless the test above has."""
    if not stack.screens_url:
        serve_exchange(stack, stack.home / "exchange")
    base = stack.screens_url
    member = data.enrolment(data.person(PERSON), 1)
    fields = {name: member.get(name) or "" for name in ("insurer_number", "symbol", "number", "branch")}
    with httpx2.Client(base_url=base, headers={"Origin": base}, trust_env=False) as browser:
        logged_in = browser.post("/login", data={"name": RECEPTION[0], "password": RECEPTION[1]})
        assert logged_in.headers["location"] == "/desk"
        asked = browser.post("/desk/number", data={**fields, "birth_date": str(member["birth_date"])})
        assert asked.status_code == 303
        page = _settled(browser, asked.headers["location"])
        assert 'class="status valid"' in page
        assert str(member["name"]) in page
        assert member["insurer_number"] in page
        state = _settled(browser, "/desk/state")
        assert 'id="part-fund"' in state
        assert "失効情報" in state
        assert "正常" in state.split('id="part-fund"')[1].split("</h3>")[0]


def _settled(browser: httpx2.Client, path: str) -> str:
    """The page once its answer is there."""
    deadline = time.monotonic() + 30
    while True:
        page = browser.get(path).text
        if "確認しています" not in page.split("</head>")[1].split('id="announcer"')[0]:
            return page
        assert time.monotonic() < deadline
        time.sleep(0.1)
