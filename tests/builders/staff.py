"""A facility's staff in tests: the headers of an operator, registration, and the authenticator of the second factor."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER
from eligibility_api.domain.second_factor import STEP_SECONDS
from eligibility_api.facilities import operators
from eligibility_api.facilities.operators import OperatorRegistration
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, HOSPITAL


def as_staff(role: Role, name: str | None = None) -> dict[str, str]:
    """The headers that name the operator and her role."""
    headers = {ROLE_HEADER: role.value}
    return headers | ({OPERATOR_HEADER: quote(name)} if name is not None else {})


async def name_staff(
    fund: Fund,
    operator: str,
    institution_code: str = CLINIC,
    *,
    medical: bool = True,
    emergency: bool = False,
) -> bytes:
    """Register an operator; returns the secret of her second factor, empty if she has none."""
    named = OperatorRegistration(institution_code, operator, "見本　院長", medical, emergency)
    async with fund.owner.transaction() as connection:
        return await operators.register(connection, fund.state.keys.second_factor, named) or b""


@dataclass
class Authenticator:
    """An operator's authenticator app, by the clock of a fund."""

    fund: Fund
    operator: str
    secret: bytes
    used: set[int] = field(default_factory=set)

    @classmethod
    async def of(cls, fund: Fund, operator: str, institution_code: str = HOSPITAL) -> Authenticator:
        """The authenticator of a new operator with emergency access."""
        secret = await name_staff(fund, operator, institution_code, medical=False, emergency=True)
        return cls(fund, operator, secret)

    def password(self, steps: int | None = None) -> str:
        """A password not used before, if there is one; or the one so many `steps` from the present step."""
        present = int(self.fund.clock().timestamp()) // STEP_SECONDS
        if steps is not None:
            return self._of(present + steps)
        step = next(step for step in (present, present + 1, present - 1) if step not in self.used)
        self.used.add(step)
        return self._of(step)

    def wrong(self) -> str:
        """A password of no step near the present one."""
        valid = {self.password(steps) for steps in range(-3, 4)}
        return next(text for n in range(10) if (text := f"{n:06d}") not in valid)

    def _of(self, step: int) -> str:
        return TOTP(self.secret, 6, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS).decode()
