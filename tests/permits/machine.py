"""Consents, ends, emergencies, disasters, protections, look-ups and clocks in any order, at a real fund.

After each look the fund's answer and its record are what the naive model says: nothing is ever seen outside a valid
consent or a recorded reason, and inside one everything that was allowed is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.permits.model import DAY, LOOK_UPS, Given, Model
from tests.permits.stage import FACILITIES, Stage, mark

T = TypeVar("T")

people = st.sampled_from([0, 1])
facilities = st.sampled_from(FACILITIES)
pharmacies_and_clinics = st.sampled_from(["pharmacy", "clinic", "clinic"])
categories = st.sets(
    st.sampled_from(
        [
            "limit-certificate",
            "medication",
            "prescription",
            "treatment",
            "surgery",
            "diagnosis",
            "health-checkup",
        ]
    ),
    min_size=1,
)
cares = st.sampled_from(["1", "1", "2", "3"])
roles = st.sampled_from(["pharmacist", "doctor", "dentist", "reception", "authorised-staff"])
look_ups = st.sampled_from(list(LOOK_UPS))
picks = st.integers(0, 100)
hours = st.sampled_from([0, 1, 2, 5, 11, 12, 13, 23, 24, 25, 36])
reasons = st.sampled_from(["0", "1", "2", "3"])
_STRANGE = "00000000-0000-4000-8000-000000000000"
_LONGEST = 40
"""Hours: challenges have room for two days."""

_BASE = {"consents": "/v1/consents", "emergencies": "/v1/emergencies", "disasters": "/v1/disaster-searches"}


class Looking(RuleBasedStateMachine):
    """One life of two patients' permissions at three facilities."""

    stage: ClassVar[Stage]
    call: ClassVar[Callable[..., Any]]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    def run(self, work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Let the fund's event loop do `work`."""
        done: T = type(self).call(work, *arguments)
        return done

    @initialize()
    def everybody_is_new(self) -> None:
        self.run(self.stage.begin)

    def teardown(self) -> None:
        self.run(self.stage.end_disasters)

    @rule(hour=hours)
    def turn_the_clock(self, hour: int) -> None:
        """To any hour, also back."""
        self.model.clock = hour
        self.run(self.stage.turn, hour)

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, early=st.sampled_from([0, 1]), look_up=look_ups)
    def look_at_an_end(self, pick: int, early: int, look_up: str) -> None:
        """At the moment at which a day's permit ends, or an hour before."""
        hour = self.model.given[self.pick(pick)].at + DAY - early
        if hour <= _LONGEST:
            self.turn_the_clock(hour)
            self.look_as_allowed(pick, look_up)

    @rule(who=people, where=facilities, what=categories, care=cares, visually=st.booleans())
    def consent(self, who: int, where: str, what: set[str], care: str, visually: bool) -> None:
        code, consent_id = self.run(self.stage.consent, who, where, sorted(what), care, visually)
        expected = self._consent_verdict(who)
        assert code == expected, (code, expected)
        self.model.recorded()
        if consent_id is not None:
            until = self.model.until(care)
            self.model.give(
                consent_id, Given(who, where, frozenset(what), care, self.model.now, "consents", until)
            )

    def _consent_verdict(self, who: int) -> str:
        if who in self.model.protected:
            return "card-not-usable"
        # A presence is put on record at the clock's hour: behind the newest record it is too old to be followed.
        return "given" if self.model.clock >= self.model.newest_record else "consent-presence-too-old"

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, where=st.sampled_from(["own", "own", *FACILITIES]), reason=reasons)
    def end(self, pick: int, where: str, reason: str) -> None:
        permit = self.pick(pick)
        given = self.model.given[permit]
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
                permit, Given(who, "clinic", frozenset(what), "4", self.model.now, "emergencies", until)
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
            assert code == "found", code
        if permit is not None:
            assert number is not None
            until = min(self.model.now + DAY, self.model.open_disasters[number])
            given = Given(
                who, where, frozenset(what), "4", self.model.now, "disasters", until, disaster=number
            )
            self.model.give(permit, given)

    @rule(pick=picks, where=st.sampled_from(["own", "own", "own", *FACILITIES]), look_up=look_ups, role=roles)
    def look(self, pick: int, where: str, look_up: str, role: str) -> None:
        permit = self.pick(pick) if self.model.given else _STRANGE
        given = self.model.given.get(permit)
        facility = given.facility if where == "own" and given is not None else FACILITIES[pick % 3]
        address = given.address if given is not None else "consents"
        self._look(permit, facility, address, look_up, role)

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, address=st.sampled_from(list(_BASE)), look_up=look_ups)
    def look_below_another_address(self, pick: int, address: str, look_up: str) -> None:
        permit = self.pick(pick)
        self._look(permit, self.model.given[permit].facility, address, look_up, "doctor")

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, look_up=look_ups)
    def look_as_allowed(self, pick: int, look_up: str) -> None:
        """Most looks are honest ones."""
        permit = self.pick(pick)
        given = self.model.given[permit]
        self._look(permit, given.facility, given.address, look_up, "doctor")

    def _look(self, permit: str, facility: str, address: str, look_up: str, role: str) -> None:
        expected = self.model.verdict(permit, facility, address, look_up, role)
        path = f"{_BASE[address]}/{permit}/{look_up}"
        code, recorded, marks = self.run(self.stage.look, facility, path, role)
        assert code == expected, (code, expected)
        assert recorded == [(f"history.{look_up}", expected)], recorded
        self.model.recorded()
        if code == "answered" and look_up == "medications":
            assert marks == {mark(self.model.given[permit].person)}

    def pick(self, number: int) -> str:
        """One of the permits that there are."""
        return list(self.model.given)[number % len(self.model.given)]
