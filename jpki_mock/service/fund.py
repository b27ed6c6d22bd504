"""The fund's routes: holder of a certificate, match by attributes, certificates for terminals. HTTP only."""

import base64
from typing import Annotated

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Depends, Header

from jpki_mock.authority.terminals import certify_terminal, read_terminal_key
from jpki_mock.clock import Clock
from jpki_mock.errors import Unauthorized
from jpki_mock.jlis import Jlis
from jpki_mock.service.callers import Callers
from jpki_mock.service.schemas import (
    AttributesBatch,
    AttributesQuery,
    BatchAnswer,
    CertificateReference,
    MatchAnswer,
    PersonAnswer,
    TerminalAnswer,
    TerminalRequest,
)

BATCH_PATH = "/register/attributes/batch"


def fund_routes(jlis: Jlis, clock: Clock) -> APIRouter:
    """Return the routes that require the fund's token."""
    callers = Callers(jlis.store)

    def authorise(authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("The call is not authorised.")
        callers.check(token.strip(), clock())

    router = APIRouter(tags=["fund"], dependencies=[Depends(authorise)])

    @router.post("/register/certificate")
    def person_of_certificate(query: CertificateReference) -> PersonAnswer:
        """Return the holder of a certificate, even if it is revoked or expired."""
        records = jlis.certificates.records
        record = records.find(query.to_id())
        return PersonAnswer(
            person_key=jlis.register.person_key(record.resident_id),
            carrier=record.carrier,
            predecessors=[CertificateReference.of(name) for name in records.predecessors(record)],
        )

    @router.post("/register/attributes", response_model_exclude_defaults=True)
    def person_of_attributes(query: AttributesQuery) -> MatchAnswer:
        """Return the person with these attributes, if exactly one resident has them, also in folded form."""
        return MatchAnswer.of(jlis.register.match(query.to_attributes()))

    @router.post(BATCH_PATH, response_model_exclude_defaults=True)
    def persons_of_attributes(batch: AttributesBatch) -> BatchAnswer:
        """Match each of many people by attributes."""
        found = jlis.register.match_all([query.to_attributes() for query in batch.people])
        return BatchAnswer(matches=list(map(MatchAnswer.of, found)))

    @router.post("/terminal-certificates", status_code=201)
    def terminal_certificate(request: TerminalRequest) -> TerminalAnswer:
        """Issue a certificate for a terminal's key, for the PIN-less route."""
        public_key = read_terminal_key(request.public_key)
        certificate = certify_terminal(jlis.authorities, request.terminal_id, public_key, clock())
        der = certificate.public_bytes(Encoding.DER)
        return TerminalAnswer(certificate=base64.b64encode(der).decode("ascii"))

    return router
