"""The OpenAPI document of the application, completed for generators of clients and for people.

What the framework generates gets errors as problems, in the media type that is sent; names of operations, tags and
titles of codes; the headers of answers; test persons as examples. It passes redocly's recommended rules, which a test
has as its own.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

from eligibility_api.web.description.codes import describe_codes
from eligibility_api.web.description.errors import describe_errors
from eligibility_api.web.description.examples import describe_examples
from eligibility_api.web.description.headers import describe_headers
from eligibility_api.web.description.operations import describe_operations
from eligibility_api.web.large_bodies import describe_large_bodies

SERVERS = [
    {"url": "/", "description": "このファイルを提供している支払基金 / the fund that serves this document"},
    {"url": "http://127.0.0.1:8400", "description": "`make demo`"},
]


class DescribedAPI(FastAPI):
    """A FastAPI application with this document in place of the framework's own."""

    def openapi(self) -> dict[str, Any]:
        """The document; generated once."""
        if self.openapi_schema is None:
            # A document of its own: the framework's shares parts between operations, and with the routes.
            document = json.loads(json.dumps(super().openapi()))
            describe_large_bodies(document, self.routes)
            describe_errors(document)
            describe_operations(document)
            describe_headers(document)
            describe_codes(document)
            describe_examples(document)
            document["servers"] = SERVERS
            self.openapi_schema = document
        return self.openapi_schema
