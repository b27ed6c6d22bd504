"""A request of every message whose layout is public."""

from __future__ import annotations

from typing import Any

from clinic_terminal.messages.bulk import OnlineBulkRequest, TicketBulkRequest
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.headers import Message
from eligibility_api.contract.codes import Care
from tests.builders.clinic.clinic_software import (
    DAY,
    REQUESTS,
    bulk_reference_request,
    bulk_request,
    header,
    history_request,
    registration,
    results_request,
    search_info,
)

RECEPTION = "20260401000000000001"
"""The reception number of every bulk request, of an exchange that always gives this one."""


def _bulk(search: dict[str, Any]) -> dict[str, Any]:
    return {"header": header(), "body": {"search_info": search}}


ALL_REQUESTS: dict[str, Message] = {
    **REQUESTS,
    **{name: results_request(RECEPTION) for name in REQUESTS if name.endswith("02req")},
    "OQSmuquc01req": bulk_request(search_info(), search_info(number="346", arbitrary_identifier="patient-8")),
    "OQSmuimm01req": bulk_reference_request(
        registration(), registration(reference_number="P-2", number="346")
    ),
    "OQSmutic01req": TicketBulkRequest.model_validate(_bulk({"month": "202604"})),
    "OQSmutic02req": results_request(RECEPTION),
    "OQSmuonq01req": OnlineBulkRequest.model_validate(
        _bulk({"examined_from": DAY, "examined_to": DAY, "care": Care.ONLINE})
    ),
    "OQSmuonq02req": results_request(RECEPTION),
    "YZKsiquc01req": history_request(file_category=FileCategory.MEDICINES_AND_TREATMENT_XML),
}
"""By the prefix of the request."""
