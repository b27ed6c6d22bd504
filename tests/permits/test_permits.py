"""No access succeeds without a valid consent or a recorded reason, in whatever order events happen."""

from __future__ import annotations

from pathlib import Path

from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.builders.database import Database
from tests.builders.fund import open_fund
from tests.depth import DEEP
from tests.permits.machine import AccessMachine
from tests.permits.stage import Stage

EXAMPLES, STEPS = (100, 40) if DEEP else (15, 25)
_NO_LIMIT = 1_000_000
_HOURLY_LIMITS = (
    "visual_checks_per_hour",
    "second_factor_misses_per_hour",
    "number_misses_per_hour",
    "facility_number_misses_per_hour",
)


def test_no_access_without_a_valid_consent_or_a_recorded_reason(database: Database, tmp_path: Path) -> None:
    # All examples share the facilities and one hour: limits of an hour would refuse what the model allows.
    limits = dict.fromkeys(_HOURLY_LIMITS, _NO_LIMIT)
    with start_blocking_portal("asyncio") as portal:
        opened = portal.wrap_async_context_manager(open_fund(database, tmp_path, **limits))
        with opened as fund:
            stage = Stage(fund)
            portal.call(stage.open)
            machine = type(
                "AccessMachineHere", (AccessMachine,), {"stage": stage, "call": staticmethod(portal.call)}
            )
            exercise_every_rule(machine())
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )


def exercise_every_rule(machine: AccessMachine) -> None:
    """Covers what a few random examples may never reach: a window's last hour and its end, a clock set back before it,
    another category and facility, a protection, a withdrawal. Each step compares the fund with the model.
    """
    machine.start_anew()
    machine.consent(0, "pharmacy", {"medication"}, "1", False)
    machine.access_as_allowed(0, "medications")
    machine.access_as_allowed(0, "treatments")
    machine.access(0, "clinic", "medications", "doctor")
    machine.access(0, "own", "medications", "reception")
    machine.protect(0)
    machine.access_as_allowed(0, "medications")
    machine.protect(0)
    machine.access_at_the_end(0, 1, "medications")
    machine.access_at_the_end(0, 0, "medications")
    machine.set_clock(0)
    machine.access_as_allowed(0, "medications")
    machine.set_clock(25)
    machine.consent(0, "clinic", {"treatment"}, "2", False)
    machine.access_as_allowed(1, "treatments")
    machine.end(1, "own", "1")
    machine.access_as_allowed(1, "treatments")
    machine.teardown()
