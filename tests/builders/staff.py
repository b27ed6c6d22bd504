"""A facility's staff in tests: who asks, by two headers; who was named, with an authenticator."""

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
from tests.builders.fund_clients import CLINIC


def as_staff(role: Role, name: str | None = None) -> dict[str, str]:
    """The headers by which somebody says who she is."""
    said = {ROLE_HEADER: role.value}
    return said | ({OPERATOR_HEADER: quote(name)} if name is not None else {})


async def name_staff(
    fund: Fund,
    operator: str,
    institution_code: str = CLINIC,
    *,
    medical: bool = True,
    emergency: bool = False,
) -> bytes:
    """Name a member of staff; the secret of her second factor, empty where she has none."""
    named = OperatorRegistration(institution_code, operator, "見本　院長", medical, emergency)
    async with fund.owner.transaction() as connection:
        return await operators.register(connection, fund.state.keys.second_factor, named) or b""


@dataclass
class Authenticator:
    """The device of one operator, by the clock of a fund."""

    fund: Fund
    operator: str
    secret: bytes
    used: set[int] = field(default_factory=set)

    @classmethod
    async def of(cls, fund: Fund, operator: str, institution_code: str = CLINIC) -> Authenticator:
        """That of an operator who is named for emergencies now."""
        secret = await name_staff(fund, operator, institution_code, medical=False, emergency=True)
        return cls(fund, operator, secret)

    def password(self, beside: int | None = None) -> str:
        """One that was not told before, so long as there is one; or that of so many steps beside the present one."""
        present = int(self.fund.clock().timestamp()) // STEP_SECONDS
        if beside is not None:
            return self._of(present + beside)
        step = next(step for step in (present, present + 1, present - 1) if step not in self.used)
        self.used.add(step)
        return self._of(step)

    def wrong(self) -> str:
        """One that is of no step that is near."""
        rights = {self.password(beside) for beside in range(-3, 4)}
        return next(text for n in range(10) if (text := f"{n:06d}") not in rights)

    def _of(self, step: int) -> str:
        return TOTP(self.secret, 6, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS).decode()
