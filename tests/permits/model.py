"""Who may look at what, told as simply as it can be: the naive model that the fund's gate is held against.

Nothing of the fund is in here but its codes. Times are hours since the tests began; a window of a day ends after 24.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LOOK_UPS = {
    "medications": "medication",
    "treatments": "treatment",
    "surgeries": "surgery",
    "diagnoses": "diagnosis",
    "health-checkups": "health-checkup",
}
"""What can be looked at, and what must have been allowed for it."""

MEDICAL_ROLES = {"doctor", "dentist", "pharmacist"}
NAMED = "doctor"
"""As whom the operator looks who is registered, and whose second factor an emergency takes; the others are nobody's."""

DAY = 24
HOME_VISIT = "2"


@dataclass
class Given:
    """A consent, or a reason on record: whose, to whom, for what, since when."""

    person: int
    facility: str
    categories: frozenset[str]
    care: str
    at: int
    address: str
    """Below which address it lets look."""
    until: int | None
    disaster: int | None = None
    ended: bool = False


@dataclass
class Model:
    """The whole state, and one question: what comes of this look?"""

    clock: int = 0
    newest_record: int = 0
    given: dict[str, Given] = field(default_factory=dict)
    protected: set[int] = field(default_factory=set)
    open_disasters: dict[int, int] = field(default_factory=dict)
    """When each open one closes by itself."""

    @property
    def now(self) -> int:
        """A clock that is set back opens nothing again."""
        return max(self.clock, self.newest_record)

    def recorded(self) -> None:
        """Something was put on record at the present clock."""
        self.newest_record = max(self.newest_record, self.clock)

    def give(self, permit: str, given: Given) -> None:
        """From now on it lets look."""
        self.given[permit] = given

    def until(self, care: str) -> int | None:
        """When what is given now ends by itself."""
        return None if care == HOME_VISIT else self.now + DAY

    def verdict(self, permit: str, facility: str, address: str, look_up: str, role: str) -> str:
        """What a look leads to: `answered`, or the code of the refusal."""
        given = self.given.get(permit)
        if given is None or given.address != address:
            return "consent-missing"
        if given.facility != facility:
            return "consent-other-facility"
        if given.ended:
            return "consent-withdrawn"
        if self._over(given):
            return "consent-expired"
        if LOOK_UPS[look_up] not in given.categories:
            return "consent-category"
        if role not in MEDICAL_ROLES:
            return "role-not-permitted" if role == "reception" else "staff-not-authorised"
        if given.address == "emergencies" and role != NAMED:
            return "staff-not-authorised"
        if given.person in self.protected:
            return "card-not-usable"
        return "answered"

    def _over(self, given: Given) -> bool:
        if given.until is not None and self.now >= given.until:
            return True
        return given.disaster is not None and not self.is_on(given.disaster)

    def is_on(self, disaster: int) -> bool:
        """Whether a disaster is open now."""
        return disaster in self.open_disasters and self.now < self.open_disasters[disaster]
