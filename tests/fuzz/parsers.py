"""Every parser of the fund and of the terminal that reads what others send: its seeds, and how it is called.

A parser accepts an input or refuses it by its own error; anything else that it raises is a fall.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from cryptography import x509
from fastapi.exceptions import RequestValidationError
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import ValidationError

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import MESSAGES
from eligibility_api.claims.reading.reader import Reader as ClaimReader
from eligibility_api.clients.operator import operator_from_headers
from eligibility_api.clients.tokens import Tokens, check_assertion, claimed_client
from eligibility_api.consent.verifier import verify as verify_consent
from eligibility_api.contract import examples
from eligibility_api.contract.bounds import MAX_TEXT_LENGTH
from eligibility_api.contract.characters import normalize_kana, replace_unencodable
from eligibility_api.contract.days import UnreadableDay, parse_day
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import OPERATOR_HEADER
from eligibility_api.contract.identifiers import (
    UnreadableIdentifier,
    branch,
    institution_code,
    insurer_number,
    payer_number,
    postal_code,
    recipient_number,
)
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_reading.encoding import detect_encoding
from eligibility_api.contract.numbers import is_my_number
from eligibility_api.contract.shapes import shape
from eligibility_api.contract.uploads import FileEncoding, FileFormat
from eligibility_api.contract.wire import RequestModel
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import accept, check_signature
from eligibility_api.domain.revocation import RevocationDataRejected, validate_crl, validate_ocsp
from eligibility_api.domain.text import folded_text
from eligibility_api.drug_master.reader import MasterFaults, read_master
from eligibility_api.fhir.requests import read_request
from eligibility_api.jlis.client import _HOLDER, _MATCHES
from eligibility_api.uploads.records import staging_reader
from eligibility_api.web import cursor
from tests.builders import fhir
from tests.builders.operations import MODELS
from tests.claims.samples import SAMPLES
from tests.conformance.bad_files import BAD_ROWS, GOOD, line, lines
from tests.conformance.proofs import Collection
from tests.unit.eligibility_api.consent import evidence
from tests.unit.eligibility_api.domain import revocations

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
REFUSALS = (ShikakuError, ValidationError, RequestValidationError, RevocationDataRejected, MasterFaults)
"""How the fund refuses an input."""


@dataclass(frozen=True)
class Parser:
    """A parser, and valid inputs from which others are made."""

    parse: Callable[[bytes], object]
    seeds: Sequence[bytes]


def _members(file_format: FileFormat, encoding: str, insurer: str = "01130012") -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        reader = staging_reader(insurer, file_format, encoding, NOW.date())
        middle = len(data) // 2
        return [reader.feed(data[:middle]), reader.feed(data[middle:]), reader.finish()]

    return parse


def _claims(data: bytes) -> object:
    reader = ClaimReader("01130012")
    middle = len(data) // 3
    return [reader.feed(data[:middle]), reader.feed(data[middle:]), reader.finish()]


def _encoding(data: bytes) -> object:
    return [detect_encoding(data, declared) for declared in FileEncoding]


def _examples() -> list[tuple[type[RequestModel], dict[str, Any]]]:
    found = []
    for model in MODELS:
        extra = model.model_config.get("json_schema_extra")
        examples = extra.get("examples", [{}]) if isinstance(extra, dict) else [{}]
        assert isinstance(examples, list)
        found += [(model, example) for example in examples if isinstance(example, dict)]
    return found


def _model_seeds() -> list[bytes]:
    """Bodies of requests; the first byte names the model."""
    return [
        bytes([MODELS.index(model)]) + json.dumps(body, ensure_ascii=False).encode()
        for model, body in _examples()
    ]


def _model(data: bytes) -> object:
    model = MODELS[data[0] % len(MODELS)] if data else MODELS[0]
    try:
        return model.model_validate_json(data[1:])
    except ValidationError as refusal:
        return refusal.errors(include_url=False)


def _fhir_seeds() -> list[bytes]:
    """By number and by card, bare and as Parameters."""
    resources = [fhir.coverage_request(examples.NUMBER), fhir.proof_request(examples.PROOF)]
    wrapped = [
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource}]}
        for resource in resources
    ]
    return [json.dumps(resource, ensure_ascii=False).encode() for resource in (*resources, *wrapped)]


def _identifiers(text: str) -> Iterator[object]:
    for read in (
        insurer_number,
        payer_number,
        recipient_number,
        institution_code,
        branch,
        postal_code,
        parse_day,
    ):
        try:
            yield read(text)
        except (UnreadableIdentifier, UnreadableDay) as fault:
            yield str(fault)


def _text(data: bytes) -> object:
    text = data.decode(errors="replace")
    short = text[:MAX_TEXT_LENGTH]
    return [
        is_my_number(text), replace_unencodable(text), shape(text),
        folded_text(short), folded_text(normalize_kana(short)), list(_identifiers(text)),
    ]  # fmt: skip


@cache
def _collection() -> Collection:
    return Collection.load()


def _certificate(data: bytes) -> object:
    found = accept(data, _collection().environment.trust_store())
    check_signature(found.key, data[:512], b"message")
    return found


def _challenge(data: bytes) -> object:
    text = data.decode("latin-1")
    environment = _collection().environment
    results = []
    for decode in (
        challenges.parse_unverified,
        lambda text: challenges.verify(text, audience=environment.audience, keys=environment.mac_keys()),
    ):
        try:
            results.append(decode(text))
        except ShikakuError:
            continue
    return results


@cache
def _key() -> ECKey:
    return ECKey.generate_key("P-256")


def _claims_of(data: dict[str, Any]) -> bytes:
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, data, _key()).encode()


def _token_seeds() -> list[bytes]:
    claims: dict[str, Any] = {
        "iss": "0190f5c4-7d1e-7c3b-8d6a-0123456789ab",
        "sub": "0190f5c4-7d1e-7c3b-8d6a-0123456789ab",
        "aud": "urn:shikaku:fund",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "jti": "0123456789",
        "scope": "eligibility",
    }
    odd = (
        {"exp": 1e308},
        {"scope": 7},
        {"sub": "x"},
        {"aud": ["a"]},
        {"jti": "\u0000" * 9},
        {"exp": "9" * 5_000},
    )
    return [_claims_of(claims), *(_claims_of(claims | change) for change in odd), b"e30.e30.e30", b"a.b.c"]


def _token(data: bytes) -> object:
    text = data.decode("latin-1")
    results: list[object] = []
    attempts: tuple[Callable[[], object], ...] = (
        lambda: Tokens(_key(), "urn:shikaku:fund", 300).read(text, NOW),
        lambda: claimed_client(text[:4_096]),
        lambda: check_assertion(
            text[:4_096], [_key().as_dict(private=False)], audiences={"urn:shikaku:fund"}, now=NOW
        ),
    )
    for attempt in attempts:
        try:
            results.append(attempt())
        except ShikakuError:
            continue
    return results


def _cursor(data: bytes) -> object:
    text = data[:200].decode("latin-1")
    results: list[object] = []
    for decode in (cursor.decode_position, cursor.decode_number):
        try:
            results.append(decode(text))
        except ShikakuError:
            continue
    return results


def _crl(data: bytes) -> object:
    return validate_crl(data, revocations.authority(), now=revocations.NOW, known=None)


def _ocsp(data: bytes) -> object:
    return validate_ocsp(
        data,
        ca=revocations.authority(),
        serial=revocations.SERIAL,
        nonce=revocations.NONCE,
        now=revocations.NOW,
        max_age=timedelta(hours=2),
    )


def _operator(data: bytes) -> object:
    return operator_from_headers({OPERATOR_HEADER.lower().encode(): data})


def _consent(data: bytes) -> object:
    return verify_consent(data, trust=[revocations.authority()], crl=data)


def _register(data: bytes) -> object:
    results = []
    for form in (_HOLDER, _MATCHES):
        try:
            results.append(form.validate_json(data))
        except ValidationError:
            continue
    return results


def _revoked() -> list[x509.RevokedCertificate]:
    return [revocations.entry(7), revocations.entry(8, x509.ReasonFlags.certificate_hold)]


def _messages(decode: Callable[[bytes, type[Message]], object]) -> Callable[[bytes], object]:
    """Reads a file as each kind of message that a client sends."""
    models = [kind.request for kind in MESSAGES.values() if kind.request]

    def parse(data: bytes) -> object:
        results = []
        for model in models:
            try:
                results.append(decode(data, model))
            except MessageFormatError:
                continue
        return results

    return parse


def _message_seeds() -> list[Message]:
    return [example.message for example in EXAMPLES if example.prefix.endswith("req")]


@cache
def parsers() -> dict[str, Parser]:
    """All parsers by name."""
    rows = [
        line("1"),
        line("2", symbol="", branch=""),
        *(row.row.decode("utf-8", "replace") for row in BAD_ROWS[:18]),
    ]
    csv = [lines(*rows[start : start + 6]).encode() for start in range(0, len(rows), 6)]
    proofs = [*_collection().good, *_collection().bad[:60]]
    objects = [json.dumps(dict(GOOD) | {"number": "1"} | more, ensure_ascii=False).encode() for more in (
        {}, {"self_disclosure_blocked": True}, {"disease_1_self_pay": 10_000}, {"lost_on": None},
    )]  # fmt: skip
    full = dict.fromkeys(MEMBER_COLUMNS, "")
    return {
        "member file, CSV": Parser(_members(FileFormat.CSV, "utf-8"), csv),
        "member file, CP932": Parser(
            _members(FileFormat.CSV, "cp932"), [text.decode().encode("cp932", "replace") for text in csv]
        ),
        "member file, late elderly": Parser(
            _members(FileFormat.CSV, "utf-8", "39131156"),
            [lines(line("1", insurer_number="39131156", branch="", birth_date="1940-01-01")).encode()],
        ),
        "member file, JSON": Parser(
            _members(FileFormat.JSON_LINES, "utf-8"), [*objects, json.dumps(full).encode()]
        ),
        "encoding of a file": Parser(_encoding, [*csv, *(sample.body() for sample in SAMPLES.values())]),
        "claim file": Parser(_claims, [sample.body() for sample in SAMPLES.values()]),
        "drug master": Parser(read_master, [_master()]),
        "requests": Parser(_model, _model_seeds()),
        "FHIR request": Parser(read_request, _fhir_seeds()),
        "texts and numbers": Parser(
            _text, ["ｼｹﾝ ﾐﾎﾝ".encode(), b"1234-5678-9018", "か\u3099".encode(), b"33120015"]
        ),
        "certificate": Parser(_certificate, [proof.certificate for proof in proofs]),
        "challenge": Parser(_challenge, [proof.challenge.encode() for proof in proofs]),
        "token and assertion": Parser(_token, _token_seeds()),
        "cursor": Parser(_cursor, [cursor.encode((NOW, 1, 2)).encode(), cursor.encode(7).encode()]),
        "CRL": Parser(_crl, [revocations.crl(), revocations.crl(entries=_revoked())]),
        "OCSP response": Parser(_ocsp, [revocations.answer()]),
        "operator": Parser(_operator, ["受付 見本".encode(), b"%E5%8F%97", b"a" * 60]),
        "exported consent": Parser(
            _consent,
            [evidence.document(evidence.exported()), evidence.document(evidence.exported(visual=True))],
        ),
        "message, XML": Parser(
            _messages(xml_codec.decode),
            [xml_codec.encode(one, encoding).content for one in _message_seeds() for encoding in Encoding],
        ),
        "message, JSON": Parser(
            _messages(json_codec.decode), [json_codec.encode(one) for one in _message_seeds()]
        ),
        "answer of the register": Parser(
            _register,
            [b'{"person_key":"' + b"0" * 64 + b'"}', b'{"matches":[{"match":"none","person_key":null}]}'],
        ),
    }


def _master() -> bytes:
    return files("eligibility_api.contract").joinpath("drug_master.csv").read_bytes()
