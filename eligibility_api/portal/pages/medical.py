"""The pages of her medicines, prescriptions, treatments and check-ups."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS
from eligibility_api.history.payloads import MedicineDict
from eligibility_api.portal import histories
from eligibility_api.portal.pages.site import Portal, ThisPortal, Token

Months = Annotated[Literal["12", "60"], Form()]
"""The periods that can be chosen: a year, or everything that is shown."""

router = APIRouter()


@router.get("/medicines")
async def medicines(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Medicines of a year."""
    return await _medicines(request, portal, token, 12)


@router.post("/medicines")
async def medicines_of(request: Request, portal: ThisPortal, token: Token, months: Months = "12") -> Response:
    """Medicines of the chosen period."""
    return await _medicines(request, portal, token, int(months))


async def _medicines(request: Request, portal: Portal, token: str, months: int) -> Response:
    page = await histories.medicines(portal.fund, token, months)
    return portal.opened(
        request, "medicines.html", page.session, page=page, days=_by_day(page.rows), chosen=months
    )


@router.get("/prescriptions")
async def prescriptions(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Prescriptions and dispensings of the last hundred days."""
    page = await histories.prescriptions(portal.fund, token)
    return portal.opened(request, "prescriptions.html", page.session, page=page, days=_by_day(page.rows))


def _by_day(rows: list[MedicineDict]) -> list[tuple[MedicineDict, list[MedicineDict]]]:
    """Rows of one day, place and origin together; the first of each stands for them."""
    grouped = groupby(
        rows,
        key=lambda row: (row["on"] or row["month"], row["institution"]["institution_code"], row["origin"]),
    )
    parts = [list(group) for _, group in grouped]
    return [(part[0], part) for part in parts]


@router.get("/treatments")
async def treatments(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Days of visit, treatments and surgery of a year."""
    return await _treatments(request, portal, token, 12)


@router.post("/treatments")
async def treatments_of(
    request: Request, portal: ThisPortal, token: Token, months: Months = "12"
) -> Response:
    """The same of the chosen period."""
    return await _treatments(request, portal, token, int(months))


async def _treatments(request: Request, portal: Portal, token: str, months: int) -> Response:
    done = await histories.treatments(portal.fund, token, HistoryResource.TREATMENTS, months)
    surgery = await histories.treatments(portal.fund, token, HistoryResource.SURGERIES, months)
    return portal.opened(
        request,
        "treatments.html",
        done.session,
        page=done,
        surgery=surgery,
        kinds={kind.value: (entry.ja, entry.en) for kind, entry in TREATMENT_KINDS.items()},
        chosen=months,
    )


@router.get("/checkups")
async def checkups(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Health check-ups of five years."""
    page = await histories.checkups(portal.fund, token)
    return portal.opened(request, "checkups.html", page.session, page=page)
