"""How many connections there are, and what a statement may take."""

from __future__ import annotations

from eligibility_api import jobs
from eligibility_api.platform.database import ENGINE_CONNECTIONS
from eligibility_api.platform.embedded import SETTINGS
from eligibility_api.platform.settings import Settings

WORKERS, SERVERS_RESERVE, COMMANDS = 4, 3, 5


def test_the_embedded_server_has_room_for_four_workers_keeper_worker_and_a_few_commands() -> None:
    api = WORKERS * (Settings().pool_connections + ENGINE_CONNECTIONS)
    look_ups = jobs.LOOK_UP_CONNECTIONS + ENGINE_CONNECTIONS
    beside = ENGINE_CONNECTIONS + look_ups + jobs.PARTS_CONNECTIONS + jobs.CONNECTIONS
    assert api + beside + COMMANDS + SERVERS_RESERVE <= int(SETTINGS["max_connections"])
