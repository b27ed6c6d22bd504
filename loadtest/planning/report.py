"""What a plan tells: costs, whether they foretold the second point, what each level needs, what five years keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loadtest.machine.host_info import HostInfo
from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Line
from loadtest.planning.costs import SECONDS, Costs, Taken
from loadtest.planning.demand import demands
from loadtest.planning.deployment import House
from loadtest.planning.prediction import BOUND, compare, verdict
from loadtest.planning.requirements import Need, need
from loadtest.planning.retention import RetainedData, kept_for_years, other_storage

LEFT_OUT = (
    "the proxy in front of the fund with its TLS, J-LIS, and copies of any machine that is to stand in for another",
    "what insurers send: members' files, claims, and the versions of enrolments that follow from them",
    "histories out of claims, of which this nation has none: a look at a patient's real ones costs more",
    "the log's whole pages: in a store that is larger, more of them are the first after a checkpoint to be changed",
)
"""What is not in a plan, a sentence each."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`rates`: visits a second at which each kind was measured. `compared` answers of the second point, of which `wrong`
    by fault.
    """

    costs: Costs
    second: Taken
    house: House
    rates: Mapping[str, float]
    compared: int
    wrong: Mapping[str, int]
    size: Mapping[str, int]
    host_info: HostInfo | None = None

    @property
    def needs(self) -> list[Need]:
        """What each level needs."""
        return [need(demand, self.costs, self.house) for demand in demands(self.house.token_seconds)]

    @property
    def kept(self) -> list[RetainedData]:
        """What five years keep, under two shares of checks by card."""
        shares = {
            "today's share by card": assumptions.BY_CARD_TODAY,
            "the share of 2027": assumptions.BY_CARD_2027,
        }
        return [kept_for_years(meaning, by_card, self.costs) for meaning, by_card in shares.items()]

    @property
    def storage(self) -> list[Line]:
        """What else is stored."""
        busiest = next(one.demand for one in self.needs if one.demand.name == "storm")
        return other_storage(busiest, self.costs, self.house)

    @property
    def passed(self) -> bool:
        """Whether the costs may be planned with: they foretold the second point, whose answers were right."""
        return not self.wrong and all(one.holds for one in compare(self.costs, self.second))

    @property
    def verdict(self) -> str:
        """A sentence for people."""
        if self.wrong:
            count = sum(self.wrong.values())
            return (
                f"{count} of {self.compared} compared answers were wrong: nothing may be planned with that."
            )
        return verdict(compare(self.costs, self.second))

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "passed": self.passed,
            "verdict": self.verdict,
            "costs": {kind: _cost(amounts) for kind, amounts in self.costs.of.items()},
            "idle_per_s": _cost(self.costs.idle),
            "measured_at_per_s": dict(self.rates),
            "second_point": {
                "seconds": round(self.second.seconds, 1),
                "requests": dict(self.second.requests),
                "bound": BOUND,
                **{one.what: one.as_json() for one in compare(self.costs, self.second)},
            },
            "house": asdict(self.house),
            "levels": {one.demand.name: _need(one) for one in self.needs},
            "five_years": {
                kept.meaning: {"terabytes": kept.terabytes, "arithmetic": _said(kept.lines)}
                for kept in self.kept
            },
            "storage": _said(self.storage),
            "left_out": list(LEFT_OUT),
            "compared_answers": self.compared,
            "wrong_answers": sum(self.wrong.values()),
            "wrong_by_fault": dict(self.wrong),
            "size": dict(self.size),
            "circumstances": asdict(self.host_info) if self.host_info else None,
        }


def _cost(amounts: Mapping[str, float]) -> dict[str, float]:
    """Seconds as microseconds, everything rounded."""
    return {
        (name.removesuffix("_s") + "_us" if name in SECONDS else name): round(
            amount * 1e6 if name in SECONDS else amount, 1
        )
        for name, amount in amounts.items()
        if amount
    }


def _need(one: Need) -> dict[str, Any]:
    return {
        "meaning": one.demand.meaning,
        "requests_per_s": round(one.demand.requests_per_s, 1),
        "cores": one.cores,
        "api_workers": one.workers,
        "memory_gib": one.memory_gib,
        "connections": one.connections,
        "network_in_mbit_s": one.from_facilities_mbit_s,
        "network_out_mbit_s": one.to_facilities_mbit_s,
        "log_mbit_s": one.log_mbit_s,
        "stored_gb": one.stored_gb,
        "arithmetic": _said([*one.demand.lines, *one.lines]),
    }


def _said(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [asdict(line) for line in lines]
