"""`eligibility-api consent`: export a consent with its evidence, and verify an exported one offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from cryptography import x509
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import in_transaction, read_file
from eligibility_api.consent import store
from eligibility_api.consent.verifier import Report, verify
from eligibility_api.contract.consent import ConsentEvidence
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="同意の出力と検証 / Export and verify consents, for auditors.", no_args_is_help=True)


@app.command("export")
def export_command(consent_id: Annotated[UUID, typer.Argument(help="同意の ID / The consent's id.")]) -> None:
    """同意を証拠とともに JSON で出力します。

    Write a consent with its evidence, as JSON.
    """
    settings = Settings()

    async def read(connection: AsyncConnection) -> ConsentEvidence | None:
        return await store.read_evidence(connection, consent_id)

    evidence = in_transaction(settings, "auditor", read)
    if evidence is None:
        raise OperatorError("There is no consent with this id.")
    typer.echo(evidence.model_dump_json(indent=2))


@app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="出力した同意（JSON） / An exported consent (JSON).")],
    trust: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="信頼する認証局 / The trusted authorities of user authentication."),
    ] = None,
    crl: Annotated[
        Path | None,
        typer.Option(
            help="同意が示す失効リスト / The revocation list (DER) that the consent names as its source."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で表示する / Print one JSON object.")] = False,
) -> None:
    """出力した同意を、支払基金に接続せずに検証します。

    Verify an exported consent without the fund, its database or its keys.

    Exit code 0 if it is proved, else 1.
    """
    trusted = _certificates(trust) if trust is not None else None
    report = verify(read_file(file), trust=trusted, crl=read_file(crl) if crl is not None else None)
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        for finding in report.findings:
            typer.echo(f"{finding.status:<11} {finding.check:<19} {finding.message}")
        typer.echo(report.summary)
    if not report.proved:
        raise typer.Exit(1)


def _as_json(report: Report) -> dict[str, Any]:
    findings = [{"check": f.check, "status": f.status, "message": f.message} for f in report.findings]
    return {"proved": report.proved, "findings": findings, "summary": report.summary}


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read_file(path))
    except ValueError:
        raise OperatorError(f"{path} contains no certificates (PEM).") from None
