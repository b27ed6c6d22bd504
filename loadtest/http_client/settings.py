"""The generator's TLS settings from its environment."""

from __future__ import annotations

import ssl

from pydantic_settings import BaseSettings, SettingsConfigDict

from eligibility_api.contract.transport import ClientTls, TlsAuthorities, TlsCertificate


class TlsSettings(BaseSettings):
    """How connections to a fund behind a proxy are opened.

    `LOADTEST_TLS_AUTHORITIES`: the authorities (PEM) of the proxy's certificate, instead of the system's.
    `LOADTEST_TLS_CERTIFICATE`: the client certificate with its private key (PEM), the same for all terminals.
    """

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", frozen=True, hide_input_in_errors=True)

    tls_authorities: TlsAuthorities | None = None
    tls_certificate: TlsCertificate | None = None


def client_context() -> ssl.SSLContext:
    """The context of connections to https. Raises ValueError, which names each wrong variable."""
    settings = TlsSettings()
    return ClientTls(settings.tls_authorities, settings.tls_certificate).context()
