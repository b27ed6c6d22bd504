"""`eligibility-api audit`: export the record with its log, verify an export offline, and witness a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.cli.common import record_reading
from eligibility_api.cli_support import read_file, run_reporting_errors
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.merkle_log.notes import NoteError, VerificationKey
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import new_private_file
from eligibility_api.platform.settings import Settings

if TYPE_CHECKING:
    from eligibility_api.audit.verification.findings import Report


def parse_key(text: str) -> VerificationKey:
    """The verification key of an option. Raises typer.BadParameter."""
    try:
        return VerificationKey.parse(text)
    except NoteError as error:
        raise typer.BadParameter(str(error)) from error


Keys = Annotated[
    list[VerificationKey] | None,
    typer.Option(
        "--key",
        parser=parse_key,
        metavar="KEY",
        help="ログの検証鍵 / A verification key of the log; else those of FUND_HOME.",
    ),
]


def export_command(
    out: Annotated[
        Path, typer.Option(help="書き込むファイル / The file to write; only its owner can read it.")
    ],
) -> None:
    """監査記録をすべて出力します。

    Write every record up to the newest checkpoint, with the log's entries and the rows that were read.
    """
    from eligibility_api.audit.export import NoCheckpoint, export

    settings = Settings()
    keys = verification_keys(settings)
    if not keys:
        raise OperatorError("The log has no key yet: start the fund once.")
    witnesses = [key for key, _ in settings.witness_addresses]

    async def write(file: BinaryIO) -> int:
        database, count = Database(dsn(settings, "auditor")), 0
        try:
            async for line in export(database, keys, witnesses, system_clock()):
                file.write(line)
                count += line.startswith(b'{"leaf":')
        except NoCheckpoint:
            raise OperatorError("The log has no checkpoint yet: the sequencer has not run.") from None
        finally:
            await database.close()
        return count

    try:
        with new_private_file(out) as file:
            record_reading(settings, "audit export")
            count = run_reporting_errors(write(file))
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}.") from error
    typer.echo(f"{count} leaves. Verify with: eligibility-api audit verify {out.name} --key {keys[0]}")


def verify_command(
    path: Annotated[
        Path,
        typer.Argument(
            help="出力、本人のダウンロード、または証明 / An export, a person's download, or a proof (.tlog-proof)."
        ),
    ],
    *,
    key: Keys = None,
    witness: Annotated[
        list[VerificationKey] | None,
        typer.Option(
            parser=parse_key,
            metavar="KEY",
            help="連署が必要なウィットネスの鍵 / A witness that must have cosigned.",
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="以前のチェックポイント / A checkpoint kept from earlier: the log may only have grown."
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="計算し直した回答の書き込み先 / Where to write each recomputed answer, one JSON object a line."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で表示する / Print one JSON object.")] = False,
) -> None:
    """出力した監査記録を、支払基金に接続せずに検証します。

    Verify an export without the fund, its database or its secrets.

    Exit code 0 only if everything holds. `version` is not part of recomputed answers: it needs the fund's key.
    """
    from eligibility_api.audit.verifier import Trust, read_lines, verify
    from eligibility_api.domain.recorded_answers import GivenAnswer

    trusted = key or verification_keys(Settings())
    if not trusted:
        raise OperatorError("Give the log's verification key (--key): without it anybody can have signed.")
    trust = Trust(trusted, witness or (), [read_file(one) for one in checkpoint or ()], system_clock())

    def write(answer: GivenAnswer) -> None:
        sink.write(answer.model_dump_json(exclude={"version"}).encode() + b"\n")

    try:
        with path.open("rb") as file:
            if answers is None:
                report = verify(read_lines(file), trust)
            else:
                with new_private_file(answers) as sink:
                    report = verify(read_lines(file), trust, answers=write)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    _print(report, as_json=as_json)
    if not report.holds:
        raise typer.Exit(1)


def _print(report: Report, *, as_json: bool) -> None:
    checkpoint = report.checkpoint
    counts = {
        "leaves": checkpoint.size if checkpoint else 0,
        "records": report.records,
        "dropped_by_rule": report.dropped,
        "rows": report.rows,
        "answers_recomputed": report.answers,
        "answers_purged": report.purged,
    }
    if as_json:
        findings = [
            {"problem": one.problem, "leaves": one.leaves, "line": one.line, "message": one.message}
            for one in report.findings
        ]
        values = {
            "holds": report.holds,
            "partial": report.partial,
            **counts,
            "cosigned_by": report.cosigned,
            "findings": findings,
        }
        typer.echo(json.dumps(values | {"more_findings": report.more}, ensure_ascii=False, indent=2))
        return
    for finding in report.findings:
        typer.echo(str(finding))
    if report.more:
        typer.echo(f"{report.more} more.")
    if checkpoint is not None:
        typer.echo(f"log: {checkpoint.origin}, root {checkpoint.root.hex()}")
    typer.echo(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))
    typer.echo(f"cosigned by: {', '.join(report.cosigned) or 'nobody'}")
    if not report.holds:
        typer.echo("It does not hold.")
    elif report.partial:
        typer.echo("What it has holds. It is a part: that other records are missing cannot be seen.")
    else:
        typer.echo("Everything holds.")
