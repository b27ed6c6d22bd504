"""The background processes of the service: scheduler, sequencer and job runner.

What they run is imported where they run, or by the process that they are forked from (`processes/forks.py`): the one
that supervises them needs none of it.
"""

from __future__ import annotations

import os

from eligibility_api.database.connections import JOBS_APPLICATION_NAME, Database
from eligibility_api.database.dsn import dsn
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_telemetry
from eligibility_api.processes.child import run_until_signalled
from eligibility_api.processes.process import die_with_parent, name_process

SEQUENCER_CONNECTIONS = 1
"""Database sessions of the sequencer: the one that holds its lock appends."""

_JOBS_NICENESS = 10
"""Niceness of the job runner: on a busy machine, requests get the processor first."""


def run_scheduler() -> None:
    """Run the scheduler process, configured by its environment."""
    die_with_parent()
    from eligibility_api.scheduler import LOCK_SECONDS, STATEMENT_SECONDS, run_maintenance

    name_process("fund-scheduler")
    settings = Settings()
    set_up_telemetry(settings, "fund-scheduler")
    database = Database(
        dsn(settings, "jobs"),
        statement_seconds=STATEMENT_SECONDS,
        lock_seconds=LOCK_SECONDS,
        application_name=JOBS_APPLICATION_NAME,
    )
    run_until_signalled(
        "scheduling", run_maintenance(settings, load_keys(KeyFiles.of(settings)), database, system_clock)
    )


def run_sequencer() -> None:
    """Run the sequencer's process, configured by its environment."""
    die_with_parent()
    from eligibility_api.audit_log.sequencer import STATEMENT_SECONDS
    from eligibility_api.audit_log.sequencer import run_sequencer as sequence

    name_process("fund-sequencer")
    settings = Settings()
    set_up_telemetry(settings, "fund-sequencer")
    database = Database(
        dsn(settings, "sequencer"),
        engine_connections=SEQUENCER_CONNECTIONS,
        statement_seconds=STATEMENT_SECONDS,
        application_name=JOBS_APPLICATION_NAME,
    )
    run_until_signalled("sequencing_started", sequence(settings, database, system_clock))


def run_jobs() -> None:
    """Run the job runner's process, configured by its environment."""
    die_with_parent()
    name_process("fund-jobs")
    os.nice(_JOBS_NICENESS)
    settings = Settings()
    set_up_telemetry(settings, "fund-jobs")
    run_until_signalled("working", _work(settings))


async def _work(settings: Settings) -> None:
    from eligibility_api import jobs
    from eligibility_api.state import open_state

    look_ups = Database(
        dsn(settings, "api"),
        pool_connections=jobs.LOOK_UP_CONNECTIONS,
        durable=False,
        application_name=JOBS_APPLICATION_NAME,
    )
    database = Database(
        dsn(settings, "jobs"),
        pool_connections=jobs.PARTS_CONNECTIONS,
        engine_connections=jobs.CONNECTIONS,
        statement_seconds=jobs.STATEMENT_SECONDS,
        application_name=JOBS_APPLICATION_NAME,
    )
    async with open_state(settings, load_keys(KeyFiles.of(settings)), look_ups, clock=system_clock) as state:
        await database.open()
        try:
            await jobs.run_jobs(jobs.JobContext(state, database))
        finally:
            await database.close()
