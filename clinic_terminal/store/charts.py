"""What the clinic's charts have of its patients, as far as this terminal knows: what the next answer is compared with.

A chart is found by the facility's own number for the person, by the membership with reading and birth date, or by
reading, birth date and sex: a person who changed the insurer has nothing else in common with the former answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from clinic_terminal.clock import JAPAN
from clinic_terminal.store.database import StoreDatabase
from clinic_terminal.store.records import Chart, Kind, Visit
from clinic_terminal.store.visits import end_of, new_visit_id
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.member_items import Enrolment


class Charts:
    """The charts of a store. Every call may raise TerminalError `store-failed`."""

    def __init__(self, database: StoreDatabase, answer_days: int) -> None:
        self._database = database
        self._answer_days = answer_days

    def meet(self, visit: Visit) -> Visit:
        """Keep the chart of a visit's person for further days; make it at the first visit with one result.

        Returns the visit with the chart as it is now, with which its answer is compared from now on.
        """
        enrolment, day = visit.enrolment, visit.at.astimezone(JAPAN).date()
        if enrolment is None:
            return visit
        chart = self.find(visit) or Chart(chart_id=new_visit_id(), day=day, enrolment=enrolment)
        if chart.met_at is None or visit.at >= chart.met_at:
            chart = chart.model_copy(update={"newest": visit.visit_id, "met_at": visit.at})
        self._put(chart, visit, enrolment, day)
        return visit.model_copy(update={"chart": chart})

    def find(self, visit: Visit) -> Chart | None:
        """The chart of the person of a visit's result; None while none is chosen."""
        if visit.enrolment is None:
            return None
        for key in self._keys(visit, visit.enrolment):
            found = self._database.find(Kind.CHART, key)
            if found:
                return Chart.model_validate_json(found[0].value)
        return None

    def change(self, visit: Visit, taken_over: Mapping[str, str], day: date) -> None:
        """Set which shown texts of a visit's answer the chart has taken over, by label."""
        enrolment = visit.enrolment
        with self._database.transaction():
            chart = self.find(visit)
            if chart is not None and enrolment is not None:
                changed = chart.model_copy(update={"taken_over": dict(taken_over), "day": day})
                self._put(changed, visit, enrolment, visit.at.astimezone(JAPAN).date())

    def _put(self, chart: Chart, visit: Visit, now: Enrolment, day: date) -> None:
        own = self._database.digest(Kind.CHART, "id", chart.chart_id)
        keys = {own, *self._keys(visit, now), *self._keys(visit, chart.enrolment)}
        self._database.delete(own)
        self._database.put(Kind.CHART, chart.model_dump_json().encode(), end_of(day, self._answer_days), keys)

    def _keys(self, visit: Visit, enrolment: Enrolment) -> Iterator[bytes]:
        digest, answer = self._database.digest, visit.answer
        if answer is not None and answer.reference_number is not None:
            yield digest(Kind.CHART, "reference", answer.reference_number)
        kana = "".join((enrolment.name_kana or enrolment.name).split())
        born = enrolment.birth_date.isoformat()
        symbol, number = membership_key(enrolment.symbol or ""), membership_key(enrolment.number)
        yield digest(Kind.CHART, "membership", enrolment.insurer_number, symbol, number, kana, born)
        yield digest(Kind.CHART, "person", kana, born, enrolment.sex.value)
