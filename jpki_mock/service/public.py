"""The public routes: revocation lists and OCSP. HTTP only."""

import base64
import binascii
import re
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from jpki_mock.authority.values import CaId, Kind
from jpki_mock.clock import Clock
from jpki_mock.errors import NotFound
from jpki_mock.jlis import Jlis

_KEY_SHA256 = re.compile("[0-9a-f]{64}")
_CRL_TYPE = "application/pkix-crl"
_OCSP_REQUEST_TYPE = "application/ocsp-request"
_OCSP_ANSWER_TYPE = "application/ocsp-response"


def _residents_authority(jlis: Jlis, named: str) -> CaId:
    """A residents' authority by its id (`auth-1`), or by its key's SHA-256, which relying parties know."""
    ca = jlis.authorities.by_key(named).id if _KEY_SHA256.fullmatch(named) else CaId.parse(named)
    if ca.kind is Kind.TERMINAL:
        raise NotFound("There is no such certificate authority.")
    return ca


def public_routes(jlis: Jlis, clock: Clock) -> APIRouter:
    """Return the routes without authorisation."""
    router = APIRouter(tags=["public"])

    @router.get("/crl/{ca_id}.crl", response_class=Response)
    def crl(ca_id: str) -> Response:
        """The current revocation list of an authority (DER, RFC 5280)."""
        der = jlis.revocation_lists.current(_residents_authority(jlis, ca_id), clock())
        return Response(der, media_type=_CRL_TYPE)

    @router.post("/ocsp/{ca_id}", response_class=Response)
    async def ocsp_post(ca_id: str, request: Request) -> Response:
        """The state of one certificate or several (RFC 6960 appendix A.1)."""
        media_type, _, _ = request.headers.get("content-type", "").partition(";")
        if media_type.strip().lower() != _OCSP_REQUEST_TYPE:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        return await run_in_threadpool(answer, ca_id, await request.body())

    @router.get("/ocsp/{ca_id}/{encoded:path}", response_class=Response)
    def ocsp_get(ca_id: str, encoded: str) -> Response:
        """The same; the request is in the URL."""
        try:
            return answer(ca_id, base64.b64decode(encoded, validate=True))
        except binascii.Error as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from error

    def answer(ca_id: str, request: bytes) -> Response:
        der = jlis.responder.answer(_residents_authority(jlis, ca_id), request, clock())
        return Response(der, media_type=_OCSP_ANSWER_TYPE)

    return router
