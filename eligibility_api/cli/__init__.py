"""`eligibility-api`: run the fund, admit its clients, manage its keys, and audit its answers."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from eligibility_api.audit.report import commands as reports
from eligibility_api.backup import commands as backups
from eligibility_api.cli import (
    audit,
    audit_log,
    audit_witness,
    facilities,
    insurers,
    keys,
    operation,
    registrations,
    shown_settings,
)
from eligibility_api.consent import commands as consents
from eligibility_api.drug_master import commands as drug_master
from eligibility_api.emergency import commands as disasters
from eligibility_api.facilities import commands as operators
from eligibility_api.platform.described_settings import faults
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings
from eligibility_api.status import commands as downtimes
from eligibility_api.webhooks import commands as webhook_targets
from screens.command_help import arrange

app = typer.Typer(
    help="支払基金：サービスの起動、利用者の登録、鍵の管理、監査\n\n"
    "The fund: run the service, admit its clients, manage its keys, and audit its answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(operation.serve_command)
app.command("settings")(shown_settings.settings_command)
app.command("db-connections")(operation.connections_command)
app.command("migrate")(operation.migrate_command)
app.add_typer(operation.database_app, name="database")
app.command("backup")(backups.backup_command)
app.command("restore")(backups.restore_command)
app.command("verify")(backups.verify_command)
app.add_typer(keys.app, name="keys")
app.add_typer(facilities.app, name="facility")
app.add_typer(insurers.app, name="insurer")
app.add_typer(facilities.client_app, name="client")
app.add_typer(registrations.app, name="registration")
audit.app.command("export")(audit_log.export_command)
audit.app.command("verify")(audit_log.verify_command)
audit.app.command("witness")(audit_witness.witness_command)
audit.app.command("add-cosignatures")(audit_witness.add_cosignatures_command)
audit.app.command("report")(reports.report)
app.add_typer(audit.app, name="audit")
app.add_typer(operators.app, name="operator")
app.add_typer(disasters.app, name="disaster")
app.add_typer(consents.app, name="consent")
app.add_typer(drug_master.app, name="drug-master")
app.add_typer(webhook_targets.app, name="webhook-target")
app.add_typer(downtimes.app, name="downtime")
arrange(app, __name__)


def main() -> None:
    """Console entry: prints an operator's error, or wrong settings, as one sentence and exits with 1."""
    try:
        app()
    except OperatorError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        typer.echo(f"Wrong settings: {'; '.join(faults(Settings, error))}.", err=True)
        raise SystemExit(1) from error
