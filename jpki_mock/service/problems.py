"""Problem responses (RFC 9457), without any value of the request."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from jpki_mock.errors import JlisError

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str | None = None) -> JSONResponse:
    """Return a problem response with the status phrase as its title."""
    content: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail is not None:
        content["detail"] = detail
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Install exception handlers that turn every error into a problem response."""

    @app.exception_handler(JlisError)
    async def refused(_request: Request, error: JlisError) -> JSONResponse:
        """A refusal of J-LIS, with its sentence."""
        return problem(error.status, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> JSONResponse:
        """A body or parameter of another form; no value of it is repeated."""
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request does not have the required form.")

    @app.exception_handler(HTTPException)
    async def plain(_request: Request, error: HTTPException) -> JSONResponse:
        """A path or method that does not exist."""
        return problem(error.status_code)

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        """A fault of this program, which the answer does not describe."""
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
