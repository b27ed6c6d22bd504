"""`eligibility-api facility` and `client`: admit facilities with their terminals, and close them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli.common import are_absent, run_with_jlis, save_credential
from eligibility_api.cli_support import check_text, in_transaction, parse_institution_code
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.sandbox_keys import sandbox_client_id
from eligibility_api.domain.admission import Admission
from eligibility_api.facilities import service, store
from eligibility_api.facilities.admission_files import read_facilities, read_thumbprint
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="医療機関・薬局と端末 / Facilities and their terminals.", no_args_is_help=True)
_KIND = FacilityKind.CLINIC
_RIGHTS = "eligibility,registration"

client_app = typer.Typer(
    help="端末と保険者のプログラム / Terminals and insurers' programs, by their id.", no_args_is_help=True
)


@app.command("add")
def facility_add(
    *,
    institution_code: Annotated[
        str | None,
        typer.Option(
            parser=parse_institution_code,
            metavar="CODE",
            help="医療機関等コード、または登録記号番号（資格確認限定型）"
            " / Institution code: ten digits with check digit; or a registration number (eligibility-only).",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="表示する名称 / The name shown to people.", callback=check_text)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="認証情報の書き込み先 / Where the credential (with its private key) is written."),
    ] = None,
    kind: Annotated[
        FacilityKind | None, typer.Option(help="施設の種類 / What kind of institution.", show_default=_KIND)
    ] = None,
    rights: Annotated[
        str | None,
        typer.Option(help="端末の権限 / Rights of the terminal, comma-separated.", show_default=_RIGHTS),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE.csv",
            help="まとめて登録する CSV / Many at once: institution_code,name,kind,rights,terminals.",
        ),
    ] = None,
    out_dir: Annotated[
        Path | None,
        typer.Option(help="--from の認証情報の書き込み先 / With --from: for terminal-CODE-1.json and on."),
    ] = None,
    test_key: Annotated[
        bool,
        typer.Option(
            "--test-key",
            help="試験環境のみ：だれでも計算できる、施設ごとに決まった鍵"
            " / In a sandbox alone: the facility's fixed test key, which everybody can compute.",
        ),
    ] = False,
) -> None:
    """医療機関・薬局と、その端末を登録します。

    Admit a facility if it is new, and one terminal of it with a new key; or many facilities from a file.

    In a file, the rights of a row are separated by spaces; `terminals` is the facility's number of terminals.
    """
    if test_key and not Settings().sandbox:
        raise OperatorError("A test key is accepted by a sandbox alone (FUND_SANDBOX).")
    many = source is not None and out_dir is not None and not test_key
    if many and are_absent(institution_code, name, out, kind, rights):
        assert source is not None
        assert out_dir is not None
        typer.echo(_admit_fleet(read_facilities(source), out_dir))
    elif (
        institution_code is not None and name is not None and out is not None and are_absent(source, out_dir)
    ):
        granted = frozenset(_parse_rights(_RIGHTS if rights is None else rights))
        try:
            wanted = Admission(institution_code, name, kind or _KIND, granted)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        typer.echo(_admit_terminal(wanted, out, test_key=test_key))
    else:
        raise typer.BadParameter(
            "--institution-code, --name and --out belong together, with --kind and --rights;"
            " or --from and --out-dir"
        )


def _admit_terminal(wanted: Admission, out: Path, *, test_key: bool) -> str:
    settings = Settings()

    async def admit(connection: AsyncConnection, jlis: Jlis) -> str:
        if test_key and await store.is_known(connection, sandbox_client_id(wanted.institution_code)):
            raise OperatorError("The facility's client with the test key is already admitted, or was.")
        [credential] = await service.admit_terminals(
            connection, jlis, audience=settings.audience, admissions=[wanted], sandbox_keys=test_key
        )
        return save_credential(credential, out)

    return run_with_jlis(settings, "owner", admit)


def _admit_fleet(fleet: list[Admission], folder: Path) -> int:
    """Admit all facilities with their terminals, or none; returns the number of terminals."""
    settings = Settings()
    files = [
        folder / f"terminal-{one.institution_code}-{place}.json"
        for one in fleet
        for place in range(1, one.terminals + 1)
    ]

    async def admit(connection: AsyncConnection, jlis: Jlis) -> int:
        credentials = await service.admit_terminals(
            connection, jlis, audience=settings.audience, admissions=fleet
        )
        for credential, file in zip(credentials, files, strict=True):
            save_credential(credential, file)
        return len(files)

    return run_with_jlis(settings, "owner", admit)


@app.command("close")
def facility_close(
    institution_code: Annotated[
        str,
        typer.Argument(
            parser=parse_institution_code,
            metavar="institution_code",
            help="医療機関等コード / The institution code.",
        ),
    ],
) -> None:
    """医療機関・薬局を、すべての端末とともに廃止します。

    Close a facility with all its terminals, permanently.
    """

    async def close(connection: AsyncConnection) -> bool:
        return await store.close_facility(connection, institution_code)

    if not in_transaction(Settings(), "owner", close):
        raise OperatorError("There is no open facility with this code.")


def _parse_rights(text: str) -> list[Right]:
    try:
        return [Right(word.strip()) for word in text.split(",")]
    except ValueError:
        known = ", ".join(Right)
        raise typer.BadParameter(f"comma-separated words out of: {known}", param_hint="--rights") from None


@client_app.command("close")
def client_close(
    client_id: Annotated[UUID, typer.Argument(help="端末・プログラムの ID / The client's id.")],
) -> None:
    """端末・プログラムの登録を取り消します。

    Withdraw a client's admission: from now on its tokens and proofs are refused.
    """

    async def close(connection: AsyncConnection) -> bool:
        return await store.close_client(connection, client_id)

    if not in_transaction(Settings(), "owner", close):
        raise OperatorError("There is no admitted client with this id.")


@client_app.command("certify")
def client_certify(
    client_id: Annotated[UUID, typer.Argument(help="端末・プログラムの ID / The client's id.")],
    certificate: Annotated[
        Path,
        typer.Argument(
            help="クライアント証明書 / Its client certificate (PEM, DER).", metavar="CERTIFICATE.pem"
        ),
    ],
    only: Annotated[
        bool,
        typer.Option(
            "--only", help="以前の証明書を受け付けない / Refuse the former certificate from now on."
        ),
    ] = False,
) -> None:
    """端末・プログラムのクライアント証明書を登録します。

    Admit a client's certificate: it signs in with this one or the former one, until the next is admitted.
    """
    thumbprint = read_thumbprint(certificate)

    async def admit(connection: AsyncConnection) -> bool:
        return await store.admit_certificate(connection, client_id, thumbprint, only=only)

    if not in_transaction(Settings(), "owner", admit):
        raise OperatorError("There is no admitted client with this id.")
    typer.echo(thumbprint)


@client_app.command("rotate")
def client_rotate(
    client_id: Annotated[UUID, typer.Argument(help="端末・プログラムの ID / The client's id.")],
    *,
    out: Annotated[
        Path, typer.Option(help="新しい認証情報の書き込み先 / Where the new credential is written.")
    ],
    only: Annotated[
        bool, typer.Option("--only", help="以前の鍵を受け付けない / Refuse the former key from now on.")
    ] = False,
) -> None:
    """端末・プログラムの鍵を新しくします。新しい認証情報に入れ替えるまで、以前の鍵も使えます。

    Make a new key for a client: it signs in with this one or the former one, until the next is made.
    """
    settings = Settings()

    async def rotate(connection: AsyncConnection, jlis: Jlis) -> str:
        credential = await service.renew_key(
            connection, jlis, audience=settings.audience, client_id=client_id, only=only
        )
        if credential is None:
            raise OperatorError("There is no admitted client with this id.")
        return save_credential(credential, out)

    typer.echo(run_with_jlis(settings, "owner", rotate))
