"""No look ever succeeds outside a valid consent or a recorded reason, in whatever order things happen."""

from __future__ import annotations

from pathlib import Path

from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.builders.database import Database
from tests.builders.fund import open_fund
from tests.depth import DEEP
from tests.permits.machine import Looking
from tests.permits.stage import Stage

EXAMPLES, STEPS = (400, 40) if DEEP else (15, 25)
_NO_LIMIT = 1_000_000


def test_nothing_is_seen_outside_a_valid_consent_or_a_recorded_reason(
    database: Database, tmp_path: Path
) -> None:
    limits = {"visual_checks_per_hour": _NO_LIMIT, "second_factor_misses_per_hour": _NO_LIMIT}
    with start_blocking_portal("asyncio") as portal:
        opened = portal.wrap_async_context_manager(open_fund(database, tmp_path, **limits))
        with opened as fund:
            stage = Stage(fund)
            portal.call(stage.open)
            machine = type("LookingHere", (Looking,), {"stage": stage, "call": staticmethod(portal.call)})
            walk_past_every_door(machine())
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )


def walk_past_every_door(looking: Looking) -> None:
    """What a few random lives may never come to: a window's last hour and its end, a clock set back behind it, another
    category and facility, a protection, a withdrawal. Each step holds the fund against the model.
    """
    looking.everybody_is_new()
    looking.consent(0, "pharmacy", {"medication"}, "1", False)
    looking.look_as_allowed(0, "medications")
    looking.look_as_allowed(0, "treatments")
    looking.look(0, "clinic", "medications", "doctor")
    looking.look(0, "own", "medications", "reception")
    looking.protect(0)
    looking.look_as_allowed(0, "medications")
    looking.protect(0)
    looking.look_at_an_end(0, 1, "medications")
    looking.look_at_an_end(0, 0, "medications")
    looking.turn_the_clock(0)
    looking.look_as_allowed(0, "medications")
    looking.turn_the_clock(25)
    looking.consent(0, "clinic", {"treatment"}, "2", False)
    looking.look_as_allowed(1, "treatments")
    looking.end(1, "own", "1")
    looking.look_as_allowed(1, "treatments")
    looking.teardown()
