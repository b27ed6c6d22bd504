"""Reads the body of a token request: a form, as RFC 6749 section 3.2 and appendix B define it."""

from __future__ import annotations

from collections import Counter
from email.message import Message
from urllib.parse import parse_qsl

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import ASSERTION_TYPE, TokenForm

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"

_MAX_CONTENT_TYPE_LENGTH = 200
_MAX_PARAMETERS = 100
"""Maximum number of parameters, unknown ones included."""


def read_token_request(content_type: str, body: bytes) -> TokenForm:
    """Read the form. Unknown parameters are ignored, also repeated ones (such as `resource`, RFC 8707).

    Raises `grant-type-unsupported`, `assertion-missing`, or RequestValidationError with places and rules.
    """
    if not _is_form(content_type):
        raise _fault("content-type", "form_type")
    given = _parameters(body)
    for name, count in Counter(name for name, _ in given).items():
        if count > 1:
            raise _fault(name, "repeated")
    form = dict(given)
    if form.get("grant_type", "client_credentials") != "client_credentials":
        raise ShikakuError("grant-type-unsupported")
    if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
        raise ShikakuError("assertion-missing")
    try:
        return TokenForm.model_validate(form)
    except ValidationError as error:
        faults = [fault | {"loc": ("body", *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None


def _is_form(content_type: str) -> bool:
    if len(content_type) > _MAX_CONTENT_TYPE_LENGTH:
        return False
    header = Message()
    header["content-type"] = content_type
    charset = header.get_param("charset", "utf-8")
    return header.get_content_type() == FORM_MEDIA_TYPE and str(charset).lower() in {"utf-8", "utf8"}


def _parameters(body: bytes) -> list[tuple[str, str]]:
    """The known parameters that have a value, in their order."""
    try:
        pairs = parse_qsl(
            body.decode(), errors="strict", max_num_fields=_MAX_PARAMETERS, keep_blank_values=False
        )
    except ValueError:
        raise _fault("body", "form_encoding") from None
    return [(name, value) for name, value in pairs if name in TokenForm.model_fields]


def _fault(place: str, rule: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", place), "type": rule}])
