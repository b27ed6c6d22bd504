"""The report of a plan: costs, their validation, requirements of each level, data of five years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loadtest.machine.host_info import HostInfo
from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Step
from loadtest.planning.costs import SECONDS, Consumption, Costs
from loadtest.planning.demand import demands
from loadtest.planning.deployment import Deployment
from loadtest.planning.prediction import MAX_ERROR, compare, verdict
from loadtest.planning.requirements import Requirement, requirement
from loadtest.planning.retention import RetainedData, other_storage, retained_data
from loadtest.sections import Text

NOT_INCLUDED = (
    "the proxy in front of the fund with its TLS, J-LIS, and standby copies of any machine",
    "the insurers' uploads: member files, claims, and the versions of enrolments that follow from them",
    "histories from claims, which this dataset does not have: reading a patient's real ones costs more",
    "the log's full-page images: in a larger store, more pages are changed for the first time after a checkpoint",
)
"""What a plan does not include."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`rates`: visits per second at which each kind was measured.

    `compared`: number of answers of the validation compared with the reference model; `wrong`: the wrong ones
    by fault.
    """

    costs: Costs
    validation: Consumption
    deployment: Deployment
    rates: Mapping[str, float]
    compared: int
    wrong: Mapping[str, int]
    size: Mapping[str, int]
    host_info: HostInfo | None = None

    @property
    def requirements(self) -> list[Requirement]:
        """The requirements of each level."""
        return [
            requirement(demand, self.costs, self.deployment)
            for demand in demands(self.deployment.token_seconds)
        ]

    @property
    def retained(self) -> list[RetainedData]:
        """The data retained for five years, with two shares of checks by card."""
        shares = {
            Text("カードの割合が現在と同じ場合", "today's share by card"): assumptions.BY_CARD_TODAY,
            Text("カードの割合が2027年の推計の場合", "the share of 2027"): assumptions.BY_CARD_2027,
        }
        return [retained_data(meaning, by_card, self.costs) for meaning, by_card in shares.items()]

    @property
    def storage(self) -> list[Step]:
        """Other storage."""
        busiest = next(one.demand for one in self.requirements if one.demand.name == "storm")
        return other_storage(busiest, self.costs, self.deployment)

    @property
    def passed(self) -> bool:
        """Whether the plan may be used: the costs predicted the validation, whose answers were right."""
        comparisons = compare(self.costs, self.validation)
        return not self.wrong and all(comparison.holds for comparison in comparisons)

    @property
    def verdict(self) -> Text:
        """The verdict as a sentence."""
        if self.wrong:
            count = sum(self.wrong.values())
            return Text(
                f"参照モデルと照合した {self.compared:,} 件のうち {count:,} 件の回答が誤りでした。この計画は利用できません。",
                f"{count} of {self.compared} compared answers were wrong: the plan must not be used.",
            )
        return verdict(compare(self.costs, self.validation))

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "passed": self.passed,
            "verdict": self.verdict.en,
            "verdict_ja": self.verdict.ja,
            "costs": {kind: _rounded(amounts) for kind, amounts in self.costs.of.items()},
            "idle_per_s": _rounded(self.costs.idle),
            "measured_at_per_s": dict(self.rates),
            "validation": {
                "seconds": round(self.validation.seconds, 1),
                "requests": dict(self.validation.requests),
                "max_error": MAX_ERROR,
                **{one.quantity: one.as_json() for one in compare(self.costs, self.validation)},
            },
            "deployment": asdict(self.deployment),
            "levels": {one.demand.name: _requirement(one) for one in self.requirements},
            "five_years": {
                data.meaning.en: {"terabytes": data.terabytes, "arithmetic": _steps(data.steps)}
                for data in self.retained
            },
            "storage": _steps(self.storage),
            "not_included": list(NOT_INCLUDED),
            "compared_answers": self.compared,
            "wrong_answers": sum(self.wrong.values()),
            "wrong_by_fault": dict(self.wrong),
            "size": dict(self.size),
            "host_info": asdict(self.host_info) if self.host_info else None,
        }


def _rounded(amounts: Mapping[str, float]) -> dict[str, float]:
    """Amounts without zeros, rounded; seconds as microseconds."""
    return {
        (name.removesuffix("_s") + "_us" if name in SECONDS else name): round(
            amount * 1e6 if name in SECONDS else amount, 1
        )
        for name, amount in amounts.items()
        if amount
    }


def _requirement(one: Requirement) -> dict[str, Any]:
    return {
        "meaning": one.demand.meaning.en,
        "requests_per_s": round(one.demand.requests_per_s, 1),
        "cores": one.cores,
        "api_workers": one.workers,
        "memory_gib": one.memory_gib,
        "connections": one.connections,
        "network_in_mbit_s": one.from_facilities_mbit_s,
        "network_out_mbit_s": one.to_facilities_mbit_s,
        "log_mbit_s": one.log_mbit_s,
        "stored_gb": one.stored_gb,
        "arithmetic": _steps([*one.demand.steps, *one.steps]),
    }


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]
