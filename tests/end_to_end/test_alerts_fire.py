"""Every alert fires on what a running fund's `/metrics` says while a fault lasts, and did not before it.

A second counts as half a minute or more (`builders/scraped_series.py`). Where the load laboratory has the fault, it inflicts it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from anyio.from_thread import start_blocking_portal

from eligibility_api.contract.eligibility import EligibilityAnswer, NumberCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.database.dsn import operator_dsn
from loadtest.faults import stack_processes
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import FaultContext, Window
from loadtest.target import TargetEnvironment
from shikaku.stack import INSURER_NUMBER
from tests.builders.load_laboratory import ALL_ERRORS, NATION, PROGRAM
from tests.builders.monitoring import PROMTOOL, alerts
from tests.builders.scraped_series import ScrapedSeries
from tests.builders.stack import PopulatedStack, populated_stack
from tests.depth import DEEP

TERMINALS = 16
PAUSE_SECONDS = 0.5
"""Between two taps of a terminal."""

SCALES = [part * (os.cpu_count() or 1) for part in (0.15, 0.3, 0.6, 1.2)]
"""Of the load of the laboratory. If a machine serves five times the first one, the second is still easy for it."""

PATIENCE_SECONDS = 120
QUIET_MINUTES = 1.0
"""How much longer than an alert waits it is watched before the fault, in stretched time."""

Fault = Callable[[PopulatedStack], AbstractContextManager[object]]
"""Breaks something inside of its context."""


@contextmanager
def meanwhile(*works: Callable[[threading.Event], object]) -> Iterator[None]:
    """Run each in a thread of its own; its event is set at the end."""
    ended = threading.Event()
    threads = [threading.Thread(target=work, args=[ended]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def tap(stack: PopulatedStack, ended: threading.Event) -> None:
    """A terminal that taps whatever happens to the fund."""
    while not ended.wait(PAUSE_SECONDS):
        with suppress(ShikakuError), stack.terminal() as terminal:
            while not ended.wait(PAUSE_SECONDS):
                terminal.tap()


def execute(stack: PopulatedStack, *statements: str) -> None:
    """Execute statements as the database's owner."""

    async def run() -> None:
        owner = await asyncpg.connect(operator_dsn(stack.environment))
        try:
            for statement in statements:
                await owner.execute(statement)
        finally:
            await owner.close()

    asyncio.run(run())


def file_of_one_member(stack: PopulatedStack, columns: Sequence[str]) -> Path:
    """The first of the stack's members, in a file of these columns."""
    with (stack.home / "members.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["insurer_number"] == INSURER_NUMBER)
    path = stack.home / "one-member.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, [(row | {"tag": "1"}).get(column, "") for column in columns]])
    return path


@contextmanager
def answered_batch(stack: PopulatedStack) -> Iterator[None]:
    """A batch is answered: the job runner keeps its connection, which is free and of no use to a request that waits."""
    columns = ("tag", "insurer_number", "symbol", "number", "branch", "birth_date")
    asked = file_of_one_member(stack, columns)
    stack.run("clinic-terminal", "appointments", asked, "--json")
    yield


@contextmanager
def of_the_laboratory(name: str, stack: PopulatedStack) -> Iterator[None]:
    """A fault that needs no load of the laboratory."""
    target, now = TargetEnvironment(stack.environment, None), Window(0.0, 0.0)
    context = FaultContext(target, cast(Any, None), stack.home, 0.0, now, lambda _: None)
    injector = FAULTS[name].injector(context)
    with start_blocking_portal() as portal:
        try:
            portal.call(injector.inject)
            yield
        finally:
            portal.call(injector.remove)


@contextmanager
def under_load(name: str, scale: float, stack: PopulatedStack) -> Iterator[None]:
    """A load of the laboratory in whose middle third it inflicts a fault; returns when that begins."""
    arguments = (
        "run", "--level", "L0", "--scale", str(scale), "--minutes", "0.75", "--people", str(NATION), "--cards", "60",
        "--terminals", "8", "--fault", name, "--out", stack.home / "report",
    )  # fmt: skip
    with subprocess.Popen(
        [sys.executable, *ALL_ERRORS, "-c", PROGRAM, *arguments],
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        try:
            lines = []
            for line in run.stderr:
                lines.append(line)
                if "injecting" in line:
                    break
            else:
                pytest.fail("".join(lines))
            yield
        finally:
            run.terminate()


@contextmanager
def without_right(right: str, role: str, stack: PopulatedStack) -> Iterator[None]:
    """A right of a database role taken away; the scheduler, which would rest for minutes, starts again."""
    execute(stack, f"REVOKE {right} FROM {role}")
    for pid in stack.fund_processes("fund-scheduler"):
        stack_processes.kill(pid)
    try:
        yield
    finally:
        execute(stack, f"GRANT {right} TO {role}")


@contextmanager
def locked_record(stack: PopulatedStack) -> Iterator[None]:
    """Somebody's transaction that keeps the audit record locked."""
    with asyncio.Runner() as runner:
        owner = runner.run(asyncpg.connect(operator_dsn(stack.environment)))
        try:
            runner.run(owner.execute("BEGIN; LOCK TABLE audit_record IN EXCLUSIVE MODE"))
            yield
        finally:
            runner.run(owner.close())


@contextmanager
def stopped(process: str, stack: PopulatedStack) -> Iterator[None]:
    """A process of the fund that stands still."""
    pids = stack.fund_processes(process)
    stack_processes.pause(pids)
    try:
        yield
    finally:
        stack_processes.resume(pids)


def hesitating(process: str, stack: PopulatedStack) -> AbstractContextManager[None]:
    """A process of the fund that works for a moment every eleven seconds."""

    def hesitate(ended: threading.Event) -> None:
        while not ended.wait(1.0):
            with stopped(process, stack):
                ended.wait(11.0)

    return meanwhile(hesitate)


@contextmanager
def full_log(stack: PopulatedStack) -> Iterator[None]:
    """A standard error that takes no further byte: the workers may make no file longer."""
    former = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in stack.fund_processes("fund-api")}
    for pid, (_, hard) in former.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in former.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def wrong_numbers(stack: PopulatedStack) -> Iterator[None]:
    """A terminal that asks for ten numbers which nobody has."""
    with stack.terminal() as terminal:
        for number in range(10):
            question = NumberCheckRequest(
                insurer_number=INSURER_NUMBER,
                symbol="架空",
                number=f"99{number}",
                birth_date=date(1980, 1, 1),
            )
            answer = terminal.client.check_number(question)
            assert isinstance(answer, EligibilityAnswer)
            assert answer.validity == "4"
    yield


@contextmanager
def file_of_this_morning(stack: PopulatedStack) -> Iterator[None]:
    """A member file that waited five hours for its publication: it was sent now, and its arrival is set back."""
    sent = file_of_one_member(stack, MEMBER_COLUMNS)
    insurer = ("--insurer", INSURER_NUMBER, "--json")
    options = ("--scope", "changes", "--publish", "on-request")
    upload = json.loads(stack.run("payer-mock", "upload", sent, *options, *insurer, check=False).stdout)
    identifier = upload["upload_id"]
    execute(
        stack,
        f"UPDATE upload SET received_at = received_at - interval '5 hours' WHERE upload_id = '{identifier}'",
    )
    stack.run("payer-mock", "publish", identifier, *insurer)
    yield


@contextmanager
def killed(stack: PopulatedStack) -> Iterator[None]:
    """All processes of the fund are killed, its database's included."""
    stack.kill_fund()
    try:
        yield
    finally:
        stack.restart_fund()


def nothing(_: PopulatedStack) -> AbstractContextManager[None]:
    """Breaks nothing."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Case:
    """A fault and the alerts that it makes fire."""

    fault: Fault
    alerts: tuple[str, ...]
    laboratory: str | None = None
    """The fault's name in the load laboratory."""
    stretch: int = 30
    """The seconds of the stretched time in one."""
    before: Sequence[Fault] = (nothing,)
    """What is already so before the fault; with the next one it is tried again if an alert did not fire."""
    patience: int = PATIENCE_SECONDS
    """The seconds in which the alerts must fire."""


no_counters = partial(without_right, "DELETE ON lookup_count", "shikaku_jobs")
"""The scheduler repeats its tasks every five seconds while one of them fails."""

no_partitions = partial(
    without_right, "EXECUTE ON FUNCTION maintain_used_nonces(), maintain_audit_record()", "shikaku_jobs"
)

CASES = {
    "record locked": Case(
        locked_record, ("CardChecksSlow", "DatabaseConnectionsExhausted"), before=[answered_batch]
    ),
    "right of the API lost": Case(
        partial(without_right, "SELECT ON medical_ticket", "shikaku_api"), ("FundInternalErrors",)
    ),
    "database killed": Case(
        partial(of_the_laboratory, "database-restart"), ("DatabaseUnavailable",), "database-restart"
    ),
    "J-LIS silent": Case(
        partial(of_the_laboratory, "ocsp-down"),
        ("RevocationMirrorStale", "RevocationUnavailable"),
        "ocsp-down",
    ),
    "demand five times as high": Case(
        nothing,
        ("FundOverloaded",),
        "demand-spike",
        before=[partial(under_load, "demand-spike", scale) for scale in SCALES],
        patience=15,
    ),
    "right of the scheduler lost": Case(no_counters, ("MaintenanceFailing",)),
    # A second counts as a minute: the five seconds of the tasks' repetition are the five minutes of a scheduler in order.
    "no partitions made": Case(no_partitions, ("PartitionsMissingSoon",), stretch=60, before=[no_counters]),
    # In this order: what a stopped sequencer left is late in the log, too.
    "sequencer hesitates": Case(partial(hesitating, "fund-sequencer"), ("AuditLogBehind",)),
    "sequencer stopped": Case(partial(stopped, "fund-sequencer"), ("AuditLogStopped",)),
    "wrong numbers": Case(wrong_numbers, ("LookupMissStreaks",)),
    "log full": Case(full_log, ("LogLinesLost",)),
    "file waits": Case(file_of_this_morning, ("MemberFilesPublishedLate",), stretch=120),
    "fund killed": Case(killed, ("FundUnreachable",)),
}


def test_every_alert_has_its_fault_here_and_names_it_where_the_laboratory_has_it() -> None:
    named = {alert: case.laboratory for case in CASES.values() for alert in case.alerts}
    assert named == {name: rule["labels"].get("fault") for name, rule in alerts().items()}
    assert sum(len(case.alerts) for case in CASES.values()) == len(named)


@pytest.fixture(scope="module")
def stack() -> Iterator[PopulatedStack]:
    """A stack of its own, with two database connections a worker, and terminals that tap."""
    with (
        populated_stack(FUND_POOL_CONNECTIONS="2") as running,
        meanwhile(*[partial(tap, running)] * TERMINALS),
    ):
        yield running


@pytest.mark.skipif(not DEEP, reason="seven minutes; the rules are tested in tests/unit/deploy; `make deep`")
@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
@pytest.mark.parametrize("name", CASES)
def test_a_fault_makes_its_alerts_fire_and_they_did_not_before(name: str, stack: PopulatedStack) -> None:
    case = CASES[name]
    for before in case.before:
        scraped = ScrapedSeries(lambda: stack.wiring["TERMINAL_FUND_URL"], case.stretch)
        with ExitStack() as broken:
            broken.enter_context(scraped.scraping())
            broken.enter_context(before(stack))
            began = scraped.wait(QUIET_MINUTES + max(minutes_of(alert) for alert in case.alerts))
            broken.enter_context(case.fault(stack))
            fired = scraped.first_fired(case.alerts, began, case.patience)
        assert [alert for alert in case.alerts if not scraped.was_silent(alert, began)] == []
        if fired.keys() == set(case.alerts):
            return
    pytest.fail(f"fired, after so many seconds: {fired}")


def minutes_of(alert: str) -> float:
    """For how long an alert's condition must hold."""
    waits = str(alerts()[alert].get("for", "0m"))
    return float(waits[:-1]) / (60 if waits.endswith("s") else 1)
