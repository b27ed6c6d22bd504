"""The reference model of access that the fund's access check is compared with.

It shares nothing with the fund but its codes. Times are hours since the test began; a window of a day ends after 24.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RESOURCES = {
    "medications": "medication",
    "treatments": "treatment",
    "surgeries": "surgery",
    "diagnoses": "diagnosis",
    "health-checkups": "health-checkup",
}
"""The resources of a history, and the category that must be allowed for each."""

MEDICAL_ROLES = {"doctor", "dentist", "pharmacist"}
EMERGENCY_ROLE = "doctor"
"""The role of the only registered operator, whose second factor an emergency needs."""

EMERGENCY_FACILITY = "hospital"
"""The only facility that can have the right for emergencies."""

DAY = 24
HOME_VISIT = "2"


@dataclass
class ModelPermit:
    """A consent or a recorded reason: person, facility, categories and window."""

    person: int
    facility: str
    categories: frozenset[str]
    care: str
    at: int
    address: str
    """The address under which it grants access."""
    until: int | None
    disaster: int | None = None
    ended: bool = False


@dataclass
class Model:
    """The whole state, and one question: what is the outcome of an access?"""

    clock: int = 0
    newest_record: int = 0
    permits: dict[str, ModelPermit] = field(default_factory=dict)
    protected: set[int] = field(default_factory=set)
    open_disasters: dict[int, int] = field(default_factory=dict)
    """When each open disaster closes by itself."""

    @property
    def now(self) -> int:
        """The instant by which windows are judged: setting the clock back reopens nothing."""
        return max(self.clock, self.newest_record)

    def recorded(self) -> None:
        """A record was written at the present clock."""
        self.newest_record = max(self.newest_record, self.clock)

    def give(self, permit: str, granted: ModelPermit) -> None:
        """Add a permit."""
        self.permits[permit] = granted

    def until(self, care: str) -> int | None:
        """When a consent granted now ends by itself."""
        return None if care == HOME_VISIT else self.now + DAY

    def verdict(self, permit: str, facility: str, address: str, resource: str, role: str) -> str:
        """The outcome of an access: `answered`, or the code of the refusal."""
        if address == "emergencies" and facility != EMERGENCY_FACILITY:
            return "right-missing"
        granted = self.permits.get(permit)
        if granted is None or granted.address != address:
            return "consent-missing"
        if granted.facility != facility:
            return "consent-other-facility"
        if granted.ended:
            return "consent-withdrawn"
        if self._over(granted):
            return "consent-expired"
        if RESOURCES[resource] not in granted.categories:
            return "consent-category"
        if role not in MEDICAL_ROLES:
            return "role-not-permitted" if role == "reception" else "staff-not-authorised"
        if granted.address == "emergencies" and role != EMERGENCY_ROLE:
            return "staff-not-authorised"
        if granted.person in self.protected:
            return "card-not-usable"
        return "answered"

    def _over(self, granted: ModelPermit) -> bool:
        if granted.until is not None and self.now >= granted.until:
            return True
        return granted.disaster is not None and not self.is_on(granted.disaster)

    def is_on(self, disaster: int) -> bool:
        """Whether a disaster is open now."""
        return disaster in self.open_disasters and self.now < self.open_disasters[disaster]
