"""Problem answers (RFC 9457): what went wrong, never what was sent."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from jpki_mock.errors import JlisError

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str | None = None) -> JSONResponse:
    """Return a problem answer; its title is the status's own phrase."""
    content: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail is not None:
        content["detail"] = detail
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make an application answer every error as a problem."""

    @app.exception_handler(JlisError)
    async def refused(_request: Request, error: JlisError) -> JSONResponse:
        return problem(error.status, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request does not have the form asked for.")

    @app.exception_handler(HTTPException)
    async def plain(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code)

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
