"""The pages: test persons with the readers, the log of requests, one request, events of webhooks, faults, errors."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Query
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from eligibility_api.contract.errors import CATALOGUE
from sandbox.console import ROOT, Console, ThisConsole, redirect
from sandbox.errors import error_rows
from sandbox.exchanges import as_curl, difference, laid_out

LISTED_REQUESTS = 100
MAX_TEXT = 100
MINUTES = (1, 5, 15, 60)
ASKED = ("card", "visual-check", "number")

router = APIRouter(prefix=ROOT)

_Text = Annotated[str, Query(max_length=MAX_TEXT)]
_Field = Annotated[str, Form(max_length=MAX_TEXT)]
_Number = Annotated[int, Path(ge=1, le=2**53)]


@router.get("")
def persons(
    request: Request, console: ThisConsole, text: _Text = "", answer: _Text = "", asked: _Text = ""
) -> Response:
    """The test persons, found by a text and the answer wanted."""
    return console.page(
        request,
        "persons.html",
        found=console.persons.find(text, answer, asked),
        listed=console.persons,
        readers=[reader.state() for reader in console.readers],
        text=text,
        answer=answer,
        asked=asked,
        ways=ASKED,
        catalogue=CATALOGUE,
    )


@router.get("/persons.json")
def persons_as_json(
    console: ThisConsole, text: _Text = "", answer: _Text = "", asked: _Text = ""
) -> Response:
    """The same for programs."""
    found = console.persons.find(text, answer, asked)
    return JSONResponse(
        {"pin": console.persons.pin, "persons": [one.model_dump(mode="json") for one in found]}
    )


@router.post("/card")
def place(
    console: ThisConsole,
    *,
    reader: Annotated[int, Form(ge=0, le=1000)],
    card: _Field = "",
    text: _Field = "",
    answer: _Field = "",
    asked: _Field = "",
) -> Response:
    """Put a card in a reader, or take it out; the list stays as it was. Raises HTTPException 404."""
    if reader >= len(console.readers):
        raise HTTPException(404)
    console.readers[reader].place(card)
    chosen = {"text": text, "answer": answer, "asked": asked}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return redirect(f"{ROOT}?{query}" if query else ROOT)


@router.get("/requests")
def requests(request: Request, console: ThisConsole) -> Response:
    """The latest requests."""
    found = console.fund.requests(LISTED_REQUESTS)
    return console.page(request, "requests.html", requests=found)


@router.get("/requests/{number}")
def one_request(request: Request, console: ThisConsole, number: _Number) -> Response:
    """One request: what was sent and answered, the curl command, the difference to the former one."""
    found = console.fund.request(number)
    return console.page(request, "request.html", **_shown(console, found))


@router.post("/requests/{number}/replay")
def replay(console: ThisConsole, number: _Number) -> Response:
    """Send a request again, and show the new one."""
    return redirect(f"{ROOT}/requests/{console.fund.replay(number)}")


@router.get("/events")
def events(request: Request, console: ThisConsole) -> Response:
    """The latest events of webhooks, and what came of each."""
    found = [
        one | {"ids": _ids(one["data"]), "at": datetime.fromisoformat(one["occurred_at"]).timestamp()}
        for one in console.fund.events(LISTED_REQUESTS)
    ]
    return console.page(request, "events.html", events=found)


@router.get("/faults")
def faults(request: Request, console: ThisConsole) -> Response:
    """Every fault with its button, and those that are on."""
    found = console.fund.faults()
    now = console.now()
    switches = [
        one | {"left": max(round((datetime.fromisoformat(one["until"]) - now).total_seconds()), 0)}
        for one in found["switches"]
    ]
    return console.page(request, "faults.html", faults=found["faults"], switches=switches, minutes=MINUTES)


@router.post("/faults")
def turn_on(
    console: ThisConsole,
    *,
    fault: _Field,
    caller: _Field = "",
    minutes: Annotated[int, Form(ge=1, le=60)] = 1,
) -> Response:
    """Turn a fault on, for everybody if no caller is given."""
    console.fund.turn_on(fault, caller.strip() or "*", minutes * 60)
    return redirect(f"{ROOT}/faults")


@router.post("/faults/end")
def turn_off(console: ThisConsole, *, fault: _Field, caller: _Field) -> Response:
    """Turn a fault off."""
    console.fund.turn_off(fault, caller)
    return redirect(f"{ROOT}/faults")


@router.get("/errors")
def errors(request: Request, console: ThisConsole, text: _Text = "") -> Response:
    """Every code that the fund may answer, and how to get it."""
    found = error_rows(console.persons, console.fund.faults()["refusals"], text.strip())
    count = sum(map(len, found.values()))
    return console.page(
        request, "errors.html", found=found, count=count, all=len(CATALOGUE), text=text, fund=console.fund.url
    )


@router.post("/display")
def display(
    console: ThisConsole, language: _Field = "", contrast: _Field = "", next: _Field = ""
) -> Response:
    """Keep language and contrast, and show the page again."""
    response = redirect(next if next in _PLAIN_PATHS else ROOT)
    console.keep_display(response, language, contrast)
    return response


_PLAIN_PATHS = frozenset({ROOT, f"{ROOT}/requests", f"{ROOT}/events", f"{ROOT}/faults", f"{ROOT}/errors"})


def _ids(data: dict[str, Any]) -> list[str]:
    """The ids of an event's data."""
    values = (value if isinstance(value, list) else [value] for value in data.values())
    return [str(one) for value in values for one in value]


def _shown(console: Console, found: dict[str, Any]) -> dict[str, Any]:
    request, former = found["request"], found["former"]
    return {
        "exchange": request,
        "former": former,
        "headers": json.loads(request["headers"]),
        "body": laid_out(request["body"]),
        "answer": laid_out(request["answer"]),
        "problem": CATALOGUE.get(request["code"]),
        "curl": as_curl(console.fund.url, request),
        "can_replay": request["client_id"] is not None and request["body"] is not None,
        "lines": difference(former, request) if former is not None else [],
    }
