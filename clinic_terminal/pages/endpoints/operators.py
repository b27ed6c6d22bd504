"""The administrator's page of operators: who may log in, with which role, and new ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.session import new_operator
from clinic_terminal.pages.site import Administrator, Pages, ThisSite
from screens.operators import (
    MAX_NAME,
    MAX_PASSWORD,
    MIN_PASSWORD,
    NameTaken,
    NameUnknown,
    OperatorsError,
    TooManyOperators,
)
from screens.web.site import redirect

router = APIRouter(prefix="/operators")


@router.get("")
def listed(request: Request, site: ThisSite, session: Administrator) -> Response:
    """The operators, and the form of a new one."""
    return _page(request, site, session)


@router.post("")
def add(
    request: Request,
    site: ThisSite,
    session: Administrator,
    *,
    name: Annotated[str, Form()] = "",
    role: Annotated[DeskRole, Form()] = DeskRole.RECEPTION,
    password: Annotated[str, Form()] = "",
    replace: Annotated[bool, Form()] = False,
) -> Response:
    """Add an operator, or, if asked to, give the one of that name a new role and password; her open session ends."""

    def refused(field: str, key: str) -> Response:
        return _page(
            request, site, session, name=name[:MAX_NAME], role=role, replace=replace, fault=(field, key)
        )

    if not name.strip():
        return refused("name", "operators.name-missing")
    if len(name.strip()) > MAX_NAME:
        return refused("name", "operators.name-long")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return refused(
            "new-password", f"operators.password-{'short' if len(password) < MIN_PASSWORD else 'long'}"
        )
    known = site.operators.find(name)
    if known is not None and known.name == session.name and role is not session.role:
        # The last administrator could lock everybody out of this page.
        return refused("role", "operators.own-role")
    try:
        operator = new_operator(name, role, password)
    except OperatorsError:
        return refused("name", "operators.name-invalid")
    try:
        site.operators.add(operator, replace=replace)
    except NameTaken:
        return refused("name", "operators.name-taken")
    except NameUnknown:
        return refused("name", "operators.name-unknown")
    except TooManyOperators:
        return refused("name", "operators.too-many")
    site.sessions.end_of(operator.name)
    if operator.name != session.name:
        session.report("operators.added")
    return redirect("/operators")


def _page(
    request: Request,
    site: Pages,
    session: Administrator,
    *,
    name: str = "",
    role: DeskRole = DeskRole.RECEPTION,
    replace: bool = False,
    fault: tuple[str, str] | None = None,
) -> Response:
    return site.page(
        request,
        "operators.html",
        session,
        status=200 if fault is None else 422,
        operators=site.operators.all(),
        roles=list(DeskRole),
        name=name,
        role=role,
        replace=replace,
        fault=fault,
    )
