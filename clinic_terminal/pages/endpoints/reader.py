"""The pages of the reader: the screen, its updates, its buttons."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from clinic_terminal.pages.reader import journey
from clinic_terminal.pages.reader.journey import Choice, Position, Step
from clinic_terminal.pages.reader.service import Shown
from clinic_terminal.pages.site import READER_PATH, Pages, ThisSite
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, STATEMENT_VERSIONS
from eligibility_api.contract.days import in_era
from screens.texts import LANGUAGES
from screens.web.events import Update
from screens.web.site import redirect

router = APIRouter(prefix=READER_PATH)

UPDATE_SECONDS = 0.1
MAX_PIN_FIELD = 16
"""Nothing longer is kept, not even until the card is asked."""

RELOAD_SECONDS = 2
"""Without script."""

STEPS = ("card", "who", "consent", "done")
_STEP_OF = {
    Step.IDLE: 1, Step.READING: 1, Step.READER: 1, Step.REGISTER: 3, Step.CONSENT: 3, Step.EACH: 3, Step.DONE: 4,
    Step.READ: 4, Step.TAKE: 4, Step.GRACE: 4, Step.EXPIRING: 4,
}  # fmt: skip


_SOUND_OF = {
    Step.READING: "card",
    Step.DONE: "done",
    Step.READ: "done",  # as for a valid insurance: the room hears no difference
    **dict.fromkeys(
        (
            Step.LAST_TRY, Step.LOCKED, Step.UNSET, Step.REMOVED, Step.CARD, Step.AGAIN, Step.READER, Step.HELD,
            Step.NETWORK, Step.OTHER,
        ),
        "problem",
    ),
}  # fmt: skip
"""The sound with which a screen begins; no other one has any."""


@router.get("")
def screen(request: Request, site: ThisSite) -> Response:
    """The screen as it is now."""
    return site.page(request, "reader/page.html", None, scale="reader", **_values(site, site.reader.shown))


@router.get("/events")
async def events(request: Request, site: ThisSite) -> Response:
    """The screen, whenever it changes."""
    last: tuple[object, Update] | None = None

    async def fetch() -> Update:
        nonlocal last
        shown = site.reader.shown
        seconds = int(shown.seconds) if shown.position.step is Step.WORKING else 0
        key = (shown.version, seconds)
        if last is None or last[0] != key:
            html = site.fragment(request, "reader/step.html", **_values(site, shown))
            last = (key, Update(html, _spoken(site, request, shown)))
        return last[1]

    return site.streams.respond(fetch, UPDATE_SECONDS)


@router.post("/choose")
def choose(
    site: ThisSite,
    *,
    version: Annotated[int, Form(ge=0)],
    choice: Annotated[Choice, Form()],
    pin: Annotated[str, Form()] = "",
) -> Response:
    """A button was pressed, and the PIN with 確定; what is too long for one is asked again, as another malformed one."""
    typed = pin if len(pin) <= MAX_PIN_FIELD else ""
    site.reader.choose(version, choice, typed if choice is Choice.SEND else None)
    return redirect(READER_PATH)


@router.get("/shelf")
def shelf(site: ThisSite) -> Response:
    """The cards that may be placed, and the one in the reader. Raises HTTPException 404 where there is no shelf."""
    if site.shelf is None:
        raise HTTPException(404)
    return JSONResponse({"cards": site.shelf.names, "placed": site.shelf.placed})


@router.post("/shelf")
def place(site: ThisSite, card: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Place a card of the shelf, or take it out: for the sandbox's console. Raises HTTPException 404 without a shelf."""
    if site.shelf is None:
        raise HTTPException(404)
    site.shelf.place(card or None)
    return redirect(READER_PATH)


def _values(site: Pages, shown: Shown) -> dict[str, Any]:
    position = shown.position
    step = journey.shown(position, shown.seconds)
    return {
        "en": partial(site.renderer.texts.get, "en"),
        "values": {language: _in_words(site, language, shown) for language in LANGUAGES},
        "step": step,
        "position": position,
        "version": shown.version,
        "seconds": int(shown.seconds),
        "reload_seconds": reload_seconds(shown),
        "slow": shown.seconds >= journey.SLOW_SECONDS,
        "steps": STEPS,
        "current": _STEP_OF.get(step, 2) if step is not Step.WORKING else (3 if position.groups else 2),
        "about": _about(position),
        "hours": STATEMENT_VERSIONS[STATEMENT_VERSION].window // timedelta(hours=1),
        "usual_keys": journey.KEYS,
        "sound": sound_of(position, step),
        "volume": site.terminal.settings.reader_volume,
        "aloud": site.terminal.settings.reader_aloud,
    }


def reload_seconds(shown: Shown) -> int:
    """After how long a page without script loads itself again.

    A question does not before its time is over: what is typed, opened or focused would be lost.
    """
    limit = journey.question_seconds(shown.position)
    return RELOAD_SECONDS if limit is None else max(RELOAD_SECONDS, math.ceil(limit - shown.seconds) + 1)


def sound_of(position: Position, step: Step) -> str:
    """The name of the sound of a screen, or none: a card that was left, a wrong PIN, or that of its step."""
    if position.left:
        return "take"
    if step is Step.PIN:
        return "problem" if position.earlier else ""
    return _SOUND_OF.get(step, "")


def _in_words(site: Pages, language: str, shown: Shown) -> dict[str, object]:
    """The values of the texts, in the words of a language."""
    position, text = shown.position, partial(site.renderer.texts.get, language)
    about, day = _about(position), position.day
    return {
        "facility": position.facility or text("reader.facility.this"),
        "n": position.tries_left,
        "seconds": int(shown.seconds),
        "what": text(f"reader.what.{about[position.question]}") if about else "",
        "day": "" if day is None else (in_era(day) if language == "ja" else day.isoformat()),
    }


def _about(position: Position) -> list[str]:
    """What each question is about, by its code of information; a category without one has its own name."""
    return [str(CATEGORIES[group[0]].information or group[0]).lower() for group in position.groups]


def _spoken(site: Pages, request: Request, shown: Shown) -> str:
    """What changes within a screen, for screen readers; a new screen is read by its title, which gets the focus."""
    language = site.display_of(request).language
    t = partial(site.renderer.texts.get, language)
    position, seconds = shown.position, int(shown.seconds)
    if position.more:
        return t("reader.more")
    if position.left:
        return t("reader.title.left").replace("|", "")
    if position.step is Step.WORKING and seconds and (seconds == 5 or seconds % 15 == 0):
        return t("reader.seconds", seconds=seconds)
    return ""
