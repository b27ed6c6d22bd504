"""The embedded server accepts all connections of a service."""

from __future__ import annotations

from eligibility_api import jobs
from eligibility_api.database.connections import ENGINE_CONNECTIONS
from eligibility_api.embedded_postgres.server import SETTINGS
from eligibility_api.platform.settings import Settings

WORKERS, SERVERS_RESERVE, COMMANDS = 4, 3, 5


def test_the_embedded_server_accepts_four_workers_the_background_processes_and_commands() -> None:
    api = WORKERS * (Settings().pool_connections + ENGINE_CONNECTIONS)
    lookups = jobs.LOOK_UP_CONNECTIONS + ENGINE_CONNECTIONS
    background = ENGINE_CONNECTIONS + lookups + jobs.PARTS_CONNECTIONS + jobs.CONNECTIONS
    assert api + background + COMMANDS + SERVERS_RESERVE <= int(SETTINGS["max_connections"])
