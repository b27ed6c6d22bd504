"""Who is logged in at the screens, and what that person may do."""

from __future__ import annotations

from clinic_terminal.exchange.operator import DeskRole, Operator
from eligibility_api.contract.codes import Role
from screens.operators import Operator as FileOperator
from screens.operators import OperatorsError, seal

_MEDICAL = frozenset({DeskRole.PHARMACIST, DeskRole.DOCTOR, DeskRole.DENTIST})


def new_operator(name: str, role: DeskRole, password: str) -> FileOperator:
    """An operator for the file. Raises OperatorsError."""
    return seal(name, role.value, password)


class DeskSession:
    """An operator who is logged in."""

    def __init__(self, name: str, role: DeskRole) -> None:
        self.name = name
        self.role = role
        self._done: str | None = None

    @classmethod
    def of(cls, operator: FileOperator, _secret: bytes) -> DeskSession:
        """The session of an operator of the file. Raises OperatorsError for a role that does not exist."""
        try:
            return cls(operator.name, DeskRole(operator.role))
        except ValueError as error:
            raise OperatorsError("an operator's role is unknown") from error

    @property
    def operator(self) -> Operator | None:
        """Name and role, which the fund records; None for an administrator."""
        if self.role is DeskRole.ADMINISTRATOR:
            return None
        return Operator(Role(self.role.value), self.name)

    @property
    def may_read_history(self) -> bool:
        """Whether the role may read medicines and treatments, for which the fund wants a medical one."""
        return self.role in _MEDICAL

    def report(self, key: str) -> None:
        """Keep the text that the next page shows about what was done."""
        self._done = key

    def take_report(self) -> str | None:
        """The text that is to be shown once, if there is one."""
        done, self._done = self._done, None
        return done
