"""The key of the operator who is logged in: sealed with her password, open in memory until her session ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import httpx2
from pydantic import ValidationError

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.insurer_ops import FoundMembers
from eligibility_api.contract.tokens import Credential
from payer_mock.clock import now
from payer_mock.web.sending import Sending
from screens.operators import Operator, OperatorsError, seal
from screens.web.site import RoleRequired

Result = TypeVar("Result")


class Role(StrEnum):
    """What an operator does: she sends and edits, or approves what another person sent."""

    SENDER = "sender"
    APPROVER = "approver"


def seal_key(name: str, role: Role, password: str, credential: Credential) -> Operator:
    """An operator whose password opens an insurer's credential. Raises OperatorsError."""
    if credential.insurer_number is None:
        raise OperatorsError("the credential is not an insurer's")
    return seal(name, role.value, password, credential.model_dump_json(exclude_none=True).encode())


class KeyClosed(Exception):
    """The session ended while a page was still using its key."""


class OpenKey:
    """The open credential of an operator. Her calls to the fund are made one at a time."""

    def __init__(
        self,
        operator: Operator,
        secret: bytes,
        fund_url: str,
        make_transport: Callable[[], httpx2.BaseTransport],
    ) -> None:
        """`secret`: the opened credential. Raises OperatorsError if it is none."""
        try:
            self._credential = Credential.model_validate_json(secret)
        except ValidationError as error:
            raise OperatorsError("the sealed key is not a credential") from error
        self.name = operator.name
        self.role = Role(operator.role)
        self.insurer_number = self._credential.insurer_number or ""
        self.sending: Sending | None = None
        self.found: FoundMembers | None = None
        """What the last search found; dropped with the key."""
        self._fund_url, self._make_transport = fund_url, make_transport
        self._client = self.new_client()
        self._lock = threading.Lock()
        self._is_closed = False
        self._done: str | None = None

    def new_client(self) -> InsurerClient:
        """Another client of the fund with this key, for a call that takes long."""
        return InsurerClient(self._fund_url, self._credential, clock=now, transport=self._make_transport())

    def require(self, role: Role) -> None:
        """Raise RoleRequired if this is the other person's key, whose right the fund would miss."""
        if self.role is not role:
            raise RoleRequired

    def call(self, function: Callable[[InsurerClient], Result]) -> Result:
        """The result of a call. Raises ShikakuError, KeyClosed."""
        with self._lock:
            if self._is_closed:
                raise KeyClosed
            return function(self._client)

    def report(self, key: str) -> None:
        """Keep the text that the next page shows about what was done."""
        self._done = key

    def take_report(self) -> str | None:
        """The text that is to be shown once, if there is one."""
        done, self._done = self._done, None
        return done

    def close(self) -> None:
        """Drop the key: end the sending of a file, and close the connection."""
        if self.sending is not None:
            self.sending.stop()
        with self._lock:
            self._is_closed = True
            self._client.__exit__()
