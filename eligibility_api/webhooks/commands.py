"""`eligibility-api webhook-target`: the operator's list of addresses to which webhooks may be sent."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act
from eligibility_api.cli_support import in_transaction
from eligibility_api.domain.webhooks import LOOPBACK, TargetFault, parse_entry
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings
from eligibility_api.webhooks import store

app = typer.Typer(help="Webhook の送信先 / Targets of webhooks.", no_args_is_help=True)

Entry = Annotated[
    str,
    typer.Argument(
        metavar="ORIGIN",
        help="https://hooks.example などの送信先、またはこのマシンを表す loopback"
        " / An origin such as https://hooks.example, or `loopback` for this machine.",
    ),
]


def _parse(text: str) -> str:
    try:
        return parse_entry(text)
    except TargetFault as fault:
        raise typer.BadParameter(str(fault), param_hint="ORIGIN") from fault


@app.command("allow")
def allow(
    origin: Entry,
    *,
    private: Annotated[
        bool,
        typer.Option(
            "--own-network",
            help="組織内のアドレスも認めます / Its name may have addresses of the operator's own network.",
        ),
    ] = False,
) -> None:
    """Webhook の送信先を許可します。

    Allow webhooks to be sent to an origin.
    """
    entry = _parse(origin)
    if private and entry == LOOPBACK:
        raise typer.BadParameter("not for loopback", param_hint="--own-network")

    async def change(connection: AsyncConnection) -> None:
        await store.allow_target(connection, entry, private=private)
        await record_act(connection, "webhook-target.allowed", {"entry": entry, "private": private})

    in_transaction(Settings(), "owner", change)


@app.command("forbid")
def forbid(origin: Entry) -> None:
    """Webhook の送信先の許可を取り消します。

    Take an origin off the list: nothing more is sent there.
    """
    entry = _parse(origin)

    async def change(connection: AsyncConnection) -> None:
        if not await store.forbid_target(connection, entry):
            raise OperatorError("This origin is not on the list.")
        await record_act(connection, "webhook-target.forbidden", {"entry": entry})

    in_transaction(Settings(), "owner", change)


@app.command("list")
def listed() -> None:
    """許可した送信先を一覧にします。

    List the allowed targets: one JSON object a line.
    """

    async def read(connection: AsyncConnection) -> dict[str, bool]:
        return await store.target_entries(connection)

    for entry, private in in_transaction(Settings(), "owner", read).items():
        typer.echo(json.dumps({"entry": entry, "private": private}))
