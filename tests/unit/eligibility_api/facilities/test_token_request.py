"""The form of a token request: what is read, what is ignored, and what is refused and how it is named."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import ASSERTION_TYPE, TokenForm
from eligibility_api.facilities.token_request import FORM_MEDIA_TYPE, read_token_request

GOOD = {
    "grant_type": "client_credentials",
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": "a.b.c",
}
Pairs = list[tuple[str, str]]


def read(*more: tuple[str, str], content_type: str = FORM_MEDIA_TYPE, **changes: str) -> TokenForm:
    pairs = [*(GOOD | changes).items(), *more]
    return read_token_request(content_type, urlencode(pairs).encode())


def without(name: str) -> bytes:
    return urlencode({key: value for key, value in GOOD.items() if key != name}).encode()


def faults(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """The places and rules of a refused body."""
    with pytest.raises(RequestValidationError) as caught:
        read_token_request(content_type, body)
    return [(".".join(map(str, fault["loc"])), fault["type"]) for fault in caught.value.errors()]


def test_a_form_is_read() -> None:
    assert read() == TokenForm.model_validate(GOOD)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=utf-8",
        'application/x-www-form-urlencoded; charset="UTF-8"',
        "application/x-www-form-urlencoded;charset=utf8",
        "Application/X-WWW-Form-URLencoded",
        " application/x-www-form-urlencoded ;a=b",
    ],
)
def test_a_media_type_may_have_parameters(content_type: str) -> None:
    assert read(content_type=content_type) == read()


@pytest.mark.parametrize(
    "content_type",
    [
        "", "text/plain", "application/json", "multipart/form-data; boundary=x", "application", "/", ";",
        "application/x-www-form-urlencodedx", "application/x-www-form-urlencoded; charset=shift_jis",
        "application/x-www-form-urlencoded; charset=iso-8859-1", "application/x-www-form-urlencoded; charset*=utf-8''x",
        "application/x-www-form-urlencoded;" + '"";' * 10_000,
    ],
    ids=lambda text: text[:60],
)  # fmt: skip
def test_another_media_type_or_charset_is_refused(content_type: str) -> None:
    assert faults(content_type, urlencode(GOOD).encode()) == [("body.content-type", "form_type")]


@pytest.mark.parametrize(
    "more",
    [
        [("nonce", "1")],
        [("resource", "https://a.example"), ("resource", "https://b.example")],
        [("client_secret", "")],
        [("client_assertion", "")],
        [("scope", "")],
        [("", "")],
        [("é", "é")],
        [(f"x{number}", "y") for number in range(90)],
    ],
    ids=lambda pairs: str(pairs)[:50],
)
def test_unknown_parameters_and_those_without_a_value_are_ignored(more: Pairs) -> None:
    assert read(*more) == read()


def test_client_and_scope_are_read() -> None:
    form = read(("client_id", "one"), ("scope", "eligibility consent"))
    assert (form.client_id, form.scope) == ("one", "eligibility consent")


@pytest.mark.parametrize("name", TokenForm.model_fields)
@pytest.mark.parametrize("value", ["another", "the same"])
def test_a_repeated_parameter_is_refused_by_name(name: str, value: str) -> None:
    same = GOOD.get(name, "x")
    pairs = [*(GOOD | {name: same}).items(), (name, same if value == "the same" else value)]
    assert faults(FORM_MEDIA_TYPE, urlencode(pairs).encode()) == [(f"body.{name}", "repeated")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "assertion-missing"),
        (b"&&&", "assertion-missing"),
        (b"{}", "assertion-missing"),
        (without("client_assertion"), "assertion-missing"),
        (without("client_assertion_type"), "assertion-missing"),
        (urlencode(GOOD | {"client_assertion": ""}).encode(), "assertion-missing"),
        (urlencode(GOOD | {"client_assertion_type": "urn:other"}).encode(), "assertion-missing"),
        (b"grant_type=client_credentials&client_id=a&client_secret=b", "assertion-missing"),
        (b"grant_type=password&username=a&password=b", "grant-type-unsupported"),
        (urlencode(GOOD | {"grant_type": "refresh_token"}).encode(), "grant-type-unsupported"),
        (urlencode(GOOD | {"grant_type": "Client_Credentials"}).encode(), "grant-type-unsupported"),
    ],
)
def test_another_grant_or_another_authentication_has_its_own_error(body: bytes, code: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        read_token_request(FORM_MEDIA_TYPE, body)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "place", "rule"),
    [
        (without("grant_type"), "grant_type", "missing"),
        (urlencode(GOOD | {"client_assertion": "x" * 4097}).encode(), "client_assertion", "string_too_long"),
        (urlencode(GOOD | {"client_id": "x" * 101}).encode(), "client_id", "string_too_long"),
        (urlencode(GOOD | {"scope": "x" * 1001}).encode(), "scope", "string_too_long"),
        (urlencode(GOOD | {"scope": "a\0"}).encode(), "scope", "string_pattern_mismatch"),
        (urlencode(GOOD).encode() + b"&scope=%FF", "body", "form_encoding"),
        (urlencode(GOOD).encode() + b"&scope=\xff", "body", "form_encoding"),
        (b"&".join([urlencode(GOOD).encode()] + [b"x=y"] * 100), "body", "form_encoding"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_a_fault_names_place_and_rule_and_no_value(body: bytes, place: str, rule: str) -> None:
    assert faults(FORM_MEDIA_TYPE, body) == [(f"body.{place}", rule)]


@given(st.text(max_size=300), st.binary(max_size=300))
def test_any_body_is_read_or_refused(content_type: str, body: bytes) -> None:
    for kind in (content_type, FORM_MEDIA_TYPE):
        try:
            read_token_request(kind, body)
        except (RequestValidationError, ShikakuError):
            continue
        raise AssertionError("nothing generated has an assertion")
