"""The routes for the fund alone: whose a certificate is, who has these attributes, certificates for
terminals. HTTP only.
"""

import base64
from typing import Annotated

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Depends, Header

from jpki_mock.authority.terminals import certify_terminal, read_terminal_key
from jpki_mock.clock import Clock
from jpki_mock.errors import Unauthorized
from jpki_mock.jlis import Jlis
from jpki_mock.service.callers import Callers
from jpki_mock.service.wire import (
    AttributesBatch,
    AttributesQuestion,
    BatchAnswer,
    CertificateName,
    MatchAnswer,
    PersonAnswer,
    TerminalAnswer,
    TerminalRequest,
)

BATCH_PATH = "/register/attributes/batch"


def fund_routes(jlis: Jlis, clock: Clock) -> APIRouter:
    """Return the routes that ask for the fund's token."""
    callers = Callers(jlis.store)

    def authorise(authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("The call is not authorised.")
        callers.check(token.strip(), clock())

    router = APIRouter(tags=["fund"], dependencies=[Depends(authorise)])

    @router.post("/register/certificate")
    def person_of_certificate(question: CertificateName) -> PersonAnswer:
        """Tell whose a certificate is, whether or not it is still in effect."""
        records = jlis.certificates.records
        record = records.find(question.to_id())
        return PersonAnswer(
            person_key=jlis.register.person_key(record.resident_id),
            predecessors=[CertificateName.of(name) for name in records.predecessors(record)],
        )

    @router.post("/register/attributes")
    def person_of_attributes(question: AttributesQuestion) -> MatchAnswer:
        """Tell who has these attributes, if exactly one resident has."""
        match, person_key = jlis.register.match(question.to_attributes())
        return MatchAnswer(match=match, person_key=person_key)

    @router.post(BATCH_PATH)
    def persons_of_attributes(batch: AttributesBatch) -> BatchAnswer:
        """Tell of each of many people who has these attributes, as for one."""
        found = jlis.register.match_all([question.to_attributes() for question in batch.people])
        return BatchAnswer(matches=[MatchAnswer(match=match, person_key=key) for match, key in found])

    @router.post("/terminal-certificates", status_code=201)
    def terminal_certificate(request: TerminalRequest) -> TerminalAnswer:
        """Certify a terminal's key for the PIN-less route."""
        public_key = read_terminal_key(request.public_key)
        certificate = certify_terminal(jlis.authorities, request.terminal_id, public_key, clock())
        der = certificate.public_bytes(Encoding.DER)
        return TerminalAnswer(certificate=base64.b64encode(der).decode("ascii"))

    return router
