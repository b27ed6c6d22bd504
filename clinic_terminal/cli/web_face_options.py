"""The options of the web face, which `exchange` and `serve` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from clinic_terminal.bilingual import option_help
from clinic_terminal.cli.common import require
from clinic_terminal.cli.services import Services, announce
from clinic_terminal.settings import SettingsError

HttpPort = Annotated[
    int | None,
    typer.Option(
        "--http",
        metavar="PORT",
        min=0,
        max=65_535,
        help=option_help(
            "Web API（JSON）でも回答するポート（127.0.0.1 のみ。0：空いているポート）。",
            "Answer a web API (JSON) too, at this port of 127.0.0.1; 0: any free port.",
        ),
    ),
]
TlsCertificate = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert", metavar="FILE", help=option_help("サーバー証明書（PEM）。", "Server certificate, PEM.")
    ),
]
TlsKey = Annotated[
    Path | None,
    typer.Option(
        "--tls-key", metavar="FILE", help=option_help("サーバー証明書の秘密鍵（PEM）。", "Its key, PEM.")
    ),
]
ClientAuthority = Annotated[
    Path | None,
    typer.Option(
        "--client-ca",
        metavar="FILE",
        help=option_help(
            "この認証局のクライアント証明書でログインする（省略時：端末の鍵）。",
            "Sign in by client certificates of this authority, PEM; default: by the terminal's key.",
        ),
    ),
]


@dataclass(frozen=True, slots=True)
class WebFaceOptions:
    """What the command line says of the web face; without a port there is none."""

    port: int | None
    certificate: Path | None
    key: Path | None
    client_authority: Path | None

    def check(self) -> None:
        """Raises typer.BadParameter where options do not fit each other."""
        tls = (self.certificate, self.key, self.client_authority)
        require(
            self.port is not None or tls == (None, None, None),
            "--tls-cert、--tls-key、--client-ca は --http と一緒に指定してください。",
            "--tls-cert, --tls-key and --client-ca go with --http",
        )
        require(
            (self.certificate is None) == (self.key is None),
            "--tls-cert と --tls-key は両方指定してください。",
            "--tls-cert and --tls-key go together",
        )
        require(
            self.client_authority is None or self.certificate is not None,
            "--client-ca には --tls-cert と --tls-key が必要です。",
            "--client-ca needs --tls-cert and --tls-key",
        )

    def start(self, services: Services) -> None:
        """Start the web face among the services. Raises SettingsError."""
        if self.port is None:
            return
        from clinic_terminal.exchange.web.serving import Tls, web_face

        tls = None
        if self.certificate is not None and self.key is not None:
            tls = Tls(self.certificate, self.key, self.client_authority)
        try:
            url = services.stack.enter_context(
                web_face(services.open_exchange, services.settings.home, self.port, tls)
            )
        except OSError as error:
            raise SettingsError(f"--http {self.port}: {error.strerror or error}") from error
        announce(f"Web API を開始しました：{url}", f"The web API answers at {url}")
