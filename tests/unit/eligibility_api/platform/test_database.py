"""How many connections there are, and what a statement may take."""

from __future__ import annotations

from eligibility_api.platform.database import ENGINE_CONNECTIONS
from eligibility_api.platform.embedded import SETTINGS
from eligibility_api.platform.settings import Settings

WORKERS, SERVERS_RESERVE, COMMANDS = 4, 3, 5


def test_the_embedded_server_has_room_for_four_workers_the_keeper_and_a_few_commands() -> None:
    worker = Settings().pool_connections + ENGINE_CONNECTIONS
    assert WORKERS * worker + ENGINE_CONNECTIONS + COMMANDS + SERVERS_RESERVE <= int(
        SETTINGS["max_connections"]
    )
