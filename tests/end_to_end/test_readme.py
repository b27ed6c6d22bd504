"""The first requests of the README and of the page about FHIR, run as written; the README's answer is as printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shikaku.clock import today
from shikaku.persons.dataset import load_dataset
from tests.builders.fhir import faults
from tests.builders.stack import PopulatedStack

ROOT = Path(__file__).parents[2]
PERSON = "P01-valid"
ENVIRONMENT_LINE = ". var/demo.env\n"
UNPREDICTABLE = {"as_of", "answered_at", "record_id", "version"}

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def blocks(name: str) -> tuple[str, dict[str, Any]]:
    """The command with `curl` in a README, and the JSON printed after it."""
    text = (ROOT / name).read_text(encoding="utf-8")
    [command] = [block for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) if "curl" in block]
    [printed] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    return command, json.loads(printed)


def run(stack: PopulatedStack, command: str) -> dict[str, Any]:
    """The answer to a command as it stands in a document; the session's stack takes the place of the demo's."""
    assert ENVIRONMENT_LINE in command
    done = subprocess.run(
        ["sh", "-c", command.replace(ENVIRONMENT_LINE, "")],
        cwd=ROOT,
        env=stack.environment | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def person_registered(stack: PopulatedStack) -> None:
    """The test person of the README, at J-LIS and at the fund."""
    stack.enrol_person(load_dataset(today()), PERSON)


@pytest.mark.usefixtures("person_registered")
@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_request_is_answered_as_printed(stack: PopulatedStack, name: str) -> None:
    command, printed = blocks(name)
    answer = run(stack, command)
    assert answer.keys() == printed.keys()
    assert answer["results"] != []
    assert {name: type(answer[name]) for name in UNPREDICTABLE} == dict.fromkeys(UNPREDICTABLE, str)
    assert date.fromisoformat(answer["as_of"]) == today()
    assert {name: value for name, value in answer.items() if name not in UNPREDICTABLE} == {
        name: value for name, value in printed.items() if name not in UNPREDICTABLE
    }


@pytest.mark.usefixtures("person_registered")
@pytest.mark.parametrize("name", ["docs/fhir.md", "docs/fhir.ja.md"])
def test_the_request_of_the_page_about_fhir_is_answered_by_valid_resources(
    stack: PopulatedStack, name: str
) -> None:
    command, *_ = re.findall(r"```\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    answer = run(stack, command)
    assert faults(answer) == []
    assert [insurance["inforce"] for insurance in answer["insurance"]] == [True]


def test_both_readmes_show_the_same_request() -> None:
    assert blocks("README.md") == blocks("README.ja.md")
