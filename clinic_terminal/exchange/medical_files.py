"""Medical files under a permit of the terminal: medicines and treatments (YZK, OQS 7), check-ups (TKK, OQS 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from clinic_terminal.clock import JAPAN
from clinic_terminal.exchange.context import Context, Failure, Family, identifier_of, institution_of
from clinic_terminal.exchange.medicine_trees import claim_months, dispensing_months, prescription_months
from clinic_terminal.exchange.own_page import permit_for
from clinic_terminal.exchange.permits import ENDED, Wanted
from clinic_terminal.messages.checkups import (
    Checkup,
    CheckupItem,
    CheckupPerson,
    CheckupRequest,
    CheckupResult,
    CheckupResultBody,
    CheckupResultHeader,
)
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.history import (
    HistoryPerson,
    HistoryRequest,
    HistoryRequestHeader,
    HistoryResult,
    HistoryResultBody,
    HistoryResultHeader,
)
from clinic_terminal.queries.history import fetch_history
from clinic_terminal.store.records import Permit, StoredMembership
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.codes import Care
from eligibility_api.contract.history import (
    CATEGORY_OF,
    HealthCheckup,
    HealthCheckups,
    HistoryPage,
    HistoryResource,
    Medications,
    Medicine,
    Treatment,
    Treatments,
)
from eligibility_api.contract.history_query import FULL_HISTORY, HistoryQuery

SUCCESS: Final = "1"
"""ResultCode of a result with files; any other is one of our codes."""

WITH_PRESCRIPTIONS: Final = "1"
"""PrDiInfClassification: with what electronic prescriptions have (inferred)."""

_MEDICINES = (HistoryResource.MEDICATIONS,)
_MEDICINES_AND_TREATMENTS = (
    HistoryResource.MEDICATIONS,
    HistoryResource.TREATMENTS,
    HistoryResource.SURGERIES,
)
_RESOURCES: Final = {
    FileCategory.PDF: _MEDICINES,
    FileCategory.XML: _MEDICINES,
    FileCategory.MEDICINES_AND_TREATMENT_PDF: _MEDICINES_AND_TREATMENTS,
    FileCategory.MEDICINES_AND_TREATMENT_XML: _MEDICINES_AND_TREATMENTS,
}

_NAMES: Final = {
    HistoryResource.MEDICATIONS: "薬剤情報",
    HistoryResource.TREATMENTS: "診療情報",
    HistoryResource.SURGERIES: "手術情報",
}

Pages = dict[HistoryResource, HistoryPage]


def _history(context: Context, request: HistoryRequest) -> HistoryResult:
    body = request.body
    query = HistoryQuery(_month(body.first_month), _month(body.last_month))
    resources = _RESOURCES[body.file_category]
    permit, pages = _read(context, request.header, body.care, resources, query)
    return HistoryResult(
        header=HistoryResultHeader(
            **_header(context, request),
            result_code=SUCCESS,
            message_contents=_left_out([resource for resource in resources if resource not in pages]),
            person=HistoryPerson(**_person(permit)),
        ),
        body=_trees(pages, electronic=body.prescriptions == WITH_PRESCRIPTIONS),
    )


def _left_out(resources: Sequence[HistoryResource]) -> str | None:
    """What the patient did not consent to, so that nobody takes it for "there is none"."""
    if not resources:
        return None
    names = "、".join(_NAMES[resource] for resource in resources)
    return f"患者さんの閲覧の同意がないため、{names}は含まれていません。"


def _checkups(context: Context, request: CheckupRequest) -> CheckupResult:
    resources = (HistoryResource.HEALTH_CHECKUPS,)
    permit, pages = _read(context, request.header, request.body.care, resources, FULL_HISTORY)
    page = pages[HistoryResource.HEALTH_CHECKUPS]
    assert isinstance(page, HealthCheckups)
    return CheckupResult(
        header=CheckupResultHeader(
            **_header(context, request), result_code=SUCCESS, person=CheckupPerson(**_person(permit))
        ),
        body=CheckupResultBody(checkups=tuple(_checkup(one) for one in page.checkups)),
    )


def _read(
    context: Context,
    asked: HistoryRequestHeader,
    care: Care | None,
    resources: Sequence[HistoryResource],
    query: HistoryQuery,
) -> tuple[Permit, Pages]:
    """The permit for a person and the pages of those resources that it allows.

    Raises ShikakuError; a permit that the fund no longer accepts is forgotten.
    """
    context.require_operator()
    membership = StoredMembership(
        insurer_number=asked.insurer_number, symbol=asked.symbol, number=asked.number, branch=asked.branch
    )
    wanted = Wanted(membership, tuple(CATEGORY_OF[resource] for resource in resources), care)
    now = context.clock()
    answers = context.store.answers_of_day(membership, now.astimezone(JAPAN).date())
    permit = permit_for(context.store, context.fund.own_page_consents, answers, wanted, now)
    allowed = [resource for resource in resources if CATEGORY_OF[resource] in permit.categories]
    history = fetch_history(context.fund, context.accessor(permit.permit_id), allowed, query, Stopwatch())
    if history.problem is not None:
        if history.problem.code in ENDED:
            context.store.drop_permit(permit.permit_id)
        raise history.problem
    return permit, dict(history.pages)


def _trees(pages: Pages, *, electronic: bool) -> HistoryResultBody:
    medicines: list[Medicine] = []
    treatments: list[Treatment] = []
    for page in pages.values():
        if isinstance(page, Medications):
            medicines += page.medicines
        elif isinstance(page, Treatments):
            treatments += page.treatments
    return HistoryResultBody(
        claim_months=claim_months(medicines, treatments),
        dispensing_months=dispensing_months(medicines) if electronic else (),
        prescription_months=prescription_months(medicines) if electronic else (),
    )


def _checkup(examined: HealthCheckup) -> Checkup:
    items = tuple(
        CheckupItem(
            code=item.item_code,
            name=item.item_name,
            data_type=item.data_type,
            value=item.value,
            unit=item.unit,
            oid=item.oid,
            value_name=item.value_name,
        )
        for item in examined.items
    )
    return Checkup(examined_on=examined.examined_on, items=items)


def _header(context: Context, request: HistoryRequest | CheckupRequest) -> dict[str, Any]:
    return {
        "process_execution_time": context.clock(),
        "medical_institution_code": institution_of(request),
        "arbitrary_file_identifier": identifier_of(request),
    }


def _person(permit: Permit) -> dict[str, Any]:
    person = permit.person
    return {
        "name": person.name,
        "name_kana": person.name_kana,
        "birth_date": person.birth_date,
        "sex": person.sex,
    }


def _month(month: str) -> str:
    return f"{month[:4]}-{month[4:]}"


def _failed(failure: Failure) -> dict[str, Any]:
    """The fields of a header without files: a code that is not 1, and the sentence for the staff."""
    return {
        "process_execution_time": failure.at,
        "medical_institution_code": failure.institution_code,
        "arbitrary_file_identifier": identifier_of(failure.request),
        "result_code": failure.notice.code.number,
        "message_contents": failure.notice.text.ja,
    }


def _history_failed(failure: Failure) -> HistoryResult:
    return HistoryResult(header=HistoryResultHeader(**_failed(failure)), body=HistoryResultBody())


def _checkups_failed(failure: Failure) -> CheckupResult:
    return CheckupResult(header=CheckupResultHeader(**_failed(failure)), body=CheckupResultBody())


HISTORY = Family(_history, _history_failed)
"""YZKsiquc01."""

CHECKUPS = Family(_checkups, _checkups_failed)
"""TKKsiquc01."""
