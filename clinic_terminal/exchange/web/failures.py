"""The answer to a request that does not reach the core: no message is known yet that could carry the error."""

from __future__ import annotations

from fastapi.responses import JSONResponse

from clinic_terminal.exchange.result_codes import notice_of
from eligibility_api.contract.errors import ShikakuError

_INTERNAL = 500


def failure(error: ShikakuError) -> JSONResponse:
    """`status` NG, our own code, and what the reception does, in Japanese and English."""
    notice = notice_of(error)
    content = {"status": "NG", "code": notice.code.number, "msg": notice.text.ja, "msgEn": notice.text.en}
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(content, error.entry.status or _INTERNAL, headers)
