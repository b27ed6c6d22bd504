"""`eligibility-api insurer`: admit insurers and their programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli.common import are_absent, run_with_jlis, save_credential
from eligibility_api.cli_support import check_text, in_transaction, parse_insurer_number
from eligibility_api.facilities import service
from eligibility_api.facilities.admission_files import read_insurers
from eligibility_api.insurer_ops import matching_again, twins
from eligibility_api.insurer_ops.matching_again import MatchedAgain
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="保険者とそのプログラム / Insurers and their programs.", no_args_is_help=True)


@app.command("add")
def insurer_add(
    *,
    insurer_number: Annotated[
        str | None,
        typer.Option(
            parser=parse_insurer_number,
            metavar="NUMBER",
            help="保険者番号 / Insurer number: six or eight digits with check digit.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="表示する名称 / The name shown to people.", callback=check_text)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="認証情報の書き込み先 / Where the credential (with its private key) is written."),
    ] = None,
    approver: Annotated[
        bool, typer.Option(help="承認だけを行う鍵 / The key that approves held files, and uploads none.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE.csv", help="まとめて登録する CSV / Many at once: insurer_number,name."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(help="--from の認証情報の書き込み先 / With --from: for payer-NUMBER.json.")
    ] = None,
    approvers_out_dir: Annotated[
        Path | None,
        typer.Option(
            help="--from で承認者の鍵も作る / With --from: approvers' keys too, as approver-NUMBER.json."
        ),
    ] = None,
) -> None:
    """保険者と、そのプログラムを登録します。

    Admit an insurer if it is new, and one client of it with a new key; or many insurers from a file.
    """
    if source is not None and out_dir is not None and are_absent(insurer_number, name, out, approver or None):
        typer.echo(_admit_insurers(read_insurers(source), out_dir, approvers_out_dir))
    elif (
        insurer_number is not None
        and name is not None
        and out is not None
        and are_absent(source, out_dir, approvers_out_dir)
    ):
        typer.echo(_admit_insurer(insurer_number, name, out, approver=approver))
    else:
        raise typer.BadParameter(
            "--insurer-number, --name and --out belong together, with --approver;"
            " or --from and --out-dir, with --approvers-out-dir"
        )


@app.command("twins")
def insurer_twins() -> None:
    """番号の形が正しくない保険者を一覧にします。

    List insurers whose stored number is not canonical: one JSON object a line.

    `canonical` is the number that `join` joins them to, null if no insurer can have the stored one; `canonical_name`
    the insurer that has it already.
    """
    for twin in in_transaction(Settings(), "owner", twins.find_twins):
        typer.echo(json.dumps(twin._asdict(), ensure_ascii=False))


@app.command("join")
def insurer_join(
    insurer_number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="保存されている番号 / The number as it is stored.")
    ],
) -> None:
    """`twins` の保険者を、正しい番号の保険者にまとめます。

    Join an insurer that `twins` lists to its canonical number, with an audit record. It may run again.
    """

    async def join(connection: AsyncConnection) -> twins.Joined:
        return await twins.join(connection, insurer_number)

    typer.echo(json.dumps(asdict(in_transaction(Settings(), "owner", join))))


@app.command("match-again")
def insurer_match_again(
    insurer_number: Annotated[
        str | None,
        typer.Argument(
            parser=parse_insurer_number,
            metavar="[NUMBER]",
            help="1つの保険者（省略時はすべて） / One insurer; all if left out.",
        ),
    ] = None,
) -> None:
    """確認済みの加入者を、住民基本台帳に照会し直します。

    Ask the resident register again about members who were confirmed while it found nobody; one JSON object a line.

    Whom it now proposes joins the insurer's mismatch queue. For members confirmed by a version that compared no
    variants (before migration 0025), and after the register has been completed. It may run again.
    """
    settings = Settings()
    numbers = (
        [insurer_number] if insurer_number else in_transaction(settings, "owner", matching_again.insurers)
    )
    for number in numbers:

        async def match(connection: AsyncConnection, jlis: Jlis, number: str = number) -> MatchedAgain:
            return await matching_again.match_again(connection, jlis, number)

        again = run_with_jlis(settings, "owner", match)
        if again.asked or insurer_number:
            typer.echo(json.dumps(asdict(again)))


def _admit_insurer(insurer_number: str, name: str, out: Path, *, approver: bool) -> str:
    settings = Settings()

    async def admit(connection: AsyncConnection) -> str:
        credential = await service.admit_insurer(
            connection,
            audience=settings.audience,
            insurer_number=insurer_number,
            name=name,
            approver=approver,
        )
        return save_credential(credential, out)

    return in_transaction(settings, "owner", admit)


def _admit_insurers(names: dict[str, str], programs_folder: Path, approvers_folder: Path | None) -> int:
    """Admit insurers with their programs, and their approvers if a folder is given; returns their number."""
    settings = Settings()
    prefixes = {False: programs_folder / "payer"}
    if approvers_folder is not None:
        prefixes[True] = approvers_folder / "approver"

    async def admit(connection: AsyncConnection) -> int:
        for approver, prefix in prefixes.items():
            for credential in await service.admit_insurers(
                connection, audience=settings.audience, names=names, approvers=approver
            ):
                save_credential(
                    credential, prefix.with_name(f"{prefix.name}-{credential.insurer_number}.json")
                )
        return len(names)

    return in_transaction(settings, "owner", admit)
