"""Stateful test: consents, ends, emergencies, disasters, protections, accesses and clock changes in any order.

After each access the fund's answer and its record must be those of the reference model: nothing is disclosed without a valid
consent or a recorded reason, and with one everything that was allowed is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from eligibility_api.contract.codes import Care
from tests.permits.model import DAY, RESOURCES, Model, ModelPermit
from tests.permits.stage import FACILITIES, Stage, mark

T = TypeVar("T")

people = st.sampled_from([0, 1])
facilities = st.sampled_from(FACILITIES)
pharmacies_and_clinics = st.sampled_from(["pharmacy", "clinic", "clinic"])
categories = st.sets(
    st.sampled_from(["limit-certificate", "prescription", *RESOURCES.values()]),
    min_size=1,
)
cares = st.sampled_from(["1", "1", "2", "3"])
roles = st.sampled_from(["pharmacist", "doctor", "dentist", "reception", "authorised-staff"])
resources = st.sampled_from(list(RESOURCES))
picks = st.integers(0, 100)
hours = st.sampled_from([0, 1, 2, 5, 11, 12, 13, 23, 24, 25, 36])
reasons = st.sampled_from(["0", "1", "2", "3"])
_UNKNOWN = "00000000-0000-4000-8000-000000000000"
_MAX_HOUR = 40
"""In hours: challenges can be stored for two days."""

_BASE = {"consents": "/v1/consents", "emergencies": "/v1/emergencies", "disasters": "/v1/disaster-permits"}


class AccessMachine(RuleBasedStateMachine):
    """One history of two patients' permits at three facilities."""

    stage: ClassVar[Stage]
    call: ClassVar[Callable[..., Any]]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    def run(self, work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run `work` in the fund's event loop."""
        result: T = type(self).call(work, *arguments)
        return result

    @initialize()
    def start_anew(self) -> None:
        self.run(self.stage.begin)

    def teardown(self) -> None:
        self.run(self.stage.end_disasters)

    @rule(hour=hours)
    def set_clock(self, hour: int) -> None:
        """Set the clock to any hour, also back."""
        self.model.clock = hour
        self.run(self.stage.turn, hour)

    @precondition(lambda self: self.model.permits)
    @rule(pick=picks, early=st.sampled_from([0, 1]), resource=resources)
    def access_at_the_end(self, pick: int, early: int, resource: str) -> None:
        """Access at the moment at which a permit of a day ends, or an hour before."""
        hour = self.model.permits[self.pick(pick)].at + DAY - early
        if hour <= _MAX_HOUR:
            self.set_clock(hour)
            self.access_as_allowed(pick, resource)

    @rule(who=people, where=facilities, what=categories, care=cares, visually=st.booleans())
    def consent(self, who: int, where: str, what: set[str], care: str, visually: bool) -> None:
        code, consent_id = self.run(self.stage.consent, who, where, sorted(what), care, visually)
        expected = self._consent_verdict(who, online_visually=visually and care == Care.ONLINE.value)
        assert code == expected, (code, expected)
        self.model.recorded()
        if consent_id is not None:
            until = self.model.until(care)
            self.model.give(
                consent_id, ModelPermit(who, where, frozenset(what), care, self.model.now, "consents", until)
            )

    def _consent_verdict(self, who: int, *, online_visually: bool) -> str:
        if who in self.model.protected:
            return "card-not-usable"
        if online_visually:  # rule A8
            return "consent-online-visual-check"
        # A presence is recorded at the clock's hour: if that is before the newest record, it is too old to be followed.
        return "given" if self.model.clock >= self.model.newest_record else "consent-presence-too-old"

    @precondition(lambda self: self.model.permits)
    @rule(pick=picks, where=st.sampled_from(["own", "own", *FACILITIES]), reason=reasons)
    def end(self, pick: int, where: str, reason: str) -> None:
        permit = self.pick(pick)
        given = self.model.permits[permit]
        facility = given.facility if where == "own" else where
        code = self.run(self.stage.end, facility, permit, reason)
        expected = "ended"
        if given.address != "consents":
            expected = "consent-missing"
        elif facility != given.facility:
            expected = "consent-other-facility"
        elif given.ended:
            expected = "consent-withdrawn"
        assert code == expected, (code, expected)
        self.model.recorded()
        if code == "ended":
            given.ended = True

    @rule(who=people)
    def protect(self, who: int) -> None:
        self.run(self.stage.protect, who, who not in self.model.protected)
        self.model.protected ^= {who}

    @rule(who=people, what=categories, right=st.sampled_from([True, True, False]))
    def emergency(self, who: int, what: set[str], right: bool) -> None:
        code, permit = self.run(self.stage.emergency, who, sorted(what), right)
        self.model.recorded()
        expected = "found" if right else "second-factor-refused"
        if who in self.model.protected:
            expected = "card-not-usable"
        elif self.model.clock < self.model.newest_record:
            expected = "not-identified"
        assert code == expected, (code, expected)
        if permit is not None:
            until = self.model.now + DAY
            self.model.give(
                permit,
                ModelPermit(who, "hospital", frozenset(what), "4", self.model.now, "emergencies", until),
            )

    @rule(ahead=st.sampled_from([1, 6, 30]))
    def disaster(self, ahead: int) -> None:
        number = self.run(self.stage.open_disaster, ahead)
        self.model.open_disasters[number] = self.model.now + ahead
        self.model.recorded()

    @precondition(lambda self: self.model.open_disasters)
    @rule(pick=picks)
    def close_disaster(self, pick: int) -> None:
        number = list(self.model.open_disasters)[pick % len(self.model.open_disasters)]
        self.run(self.stage.close_disaster, number)
        del self.model.open_disasters[number]
        self.model.recorded()

    @rule(who=people, where=pharmacies_and_clinics, what=categories)
    def search(self, who: int, where: str, what: set[str]) -> None:
        code, permit, number = self.run(self.stage.search, who, where, sorted(what))
        on = [n for n in self.model.open_disasters if self.model.is_on(n)]
        self.model.recorded()
        if not on:
            assert code == "disaster-mode-off", code
        elif who in self.model.protected:
            assert code == "card-not-usable", code
        else:
            # A search is recorded at the clock's hour: if that is before the newest record, it is too old to be followed.
            in_time = self.model.clock >= self.model.newest_record
            assert code == ("found" if in_time else "not-identified"), code
        if permit is not None:
            assert number is not None
            until = min(self.model.now + DAY, self.model.open_disasters[number])
            given = ModelPermit(
                who, where, frozenset(what), "4", self.model.now, "disasters", until, disaster=number
            )
            self.model.give(permit, given)

    @rule(
        pick=picks, where=st.sampled_from(["own", "own", "own", *FACILITIES]), resource=resources, role=roles
    )
    def access(self, pick: int, where: str, resource: str, role: str) -> None:
        permit = self.pick(pick) if self.model.permits else _UNKNOWN
        given = self.model.permits.get(permit)
        facility = given.facility if where == "own" and given is not None else FACILITIES[pick % 3]
        address = given.address if given is not None else "consents"
        self._access(permit, facility, address, resource, role)

    @precondition(lambda self: self.model.permits)
    @rule(pick=picks, address=st.sampled_from(list(_BASE)), resource=resources)
    def access_under_another_address(self, pick: int, address: str, resource: str) -> None:
        permit = self.pick(pick)
        self._access(permit, self.model.permits[permit].facility, address, resource, "doctor")

    @precondition(lambda self: self.model.permits)
    @rule(pick=picks, resource=resources)
    def access_as_allowed(self, pick: int, resource: str) -> None:
        """Access under a permit as granted: the most frequent case."""
        permit = self.pick(pick)
        given = self.model.permits[permit]
        self._access(permit, given.facility, given.address, resource, "doctor")

    def _access(self, permit: str, facility: str, address: str, resource: str, role: str) -> None:
        expected = self.model.verdict(permit, facility, address, resource, role)
        path = f"{_BASE[address]}/{permit}/{resource}"
        code, recorded, marks = self.run(self.stage.access, facility, path, role)
        assert code == expected, (code, expected)
        assert recorded == [(f"history.{resource}", expected)], recorded
        self.model.recorded()
        if code == "answered" and resource == "medications":
            assert marks == {mark(self.model.permits[permit].person)}

    def pick(self, number: int) -> str:
        """One of the existing permits."""
        return list(self.model.permits)[number % len(self.model.permits)]
