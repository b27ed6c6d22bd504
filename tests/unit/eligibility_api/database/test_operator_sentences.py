"""Each mistake of an operator ends a command with one sentence, which repeats nothing that the server said."""

from __future__ import annotations

import ssl

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError

from eligibility_api.cli_support import run_reporting_errors
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.migrate import check_version
from eligibility_api.database.preparation import scram_verifier
from eligibility_api.platform.errors import OperatorError

SECRET = "secret of 架空太郎"

MISTAKES: list[tuple[Exception, str]] = [
    (asyncpg.exceptions.TargetServerAttributeNotMatched(SECRET), "is a standby, or read-only"),
    (asyncpg.ReadOnlySQLTransactionError(SECRET), "is a standby, or read-only"),
    (asyncpg.InvalidPasswordError(SECRET), "password of this role"),
    (asyncpg.InvalidAuthorizationSpecificationError(SECRET), "pg_hba.conf"),
    (asyncpg.InvalidCatalogNameError(SECRET), "database prepare"),
    (asyncpg.UndefinedTableError(SECRET), "eligibility-api migrate"),
    (asyncpg.UndefinedFunctionError(SECRET), "eligibility-api migrate"),
    (asyncpg.UndefinedColumnError(SECRET), "eligibility-api migrate"),
    (asyncpg.InsufficientPrivilegeError(SECRET), "lacks a right"),
    (asyncpg.CannotConnectNowError(SECRET), "starting or stopping"),
    (asyncpg.TooManyConnectionsError(SECRET), "db-connections"),
    (asyncpg.exceptions.ClientConfigurationError(SECRET), "parameters that the driver cannot read"),
    (ssl.SSLCertVerificationError(SECRET), "sslrootcert"),
    (TimeoutError(SECRET), "answers in time"),
    (ConnectionRefusedError(SECRET), "can be reached"),
    (OSError(SECRET), "can be reached"),
]


def through_sqlalchemy(error: Exception) -> Exception:
    adapted = AsyncAdapt_asyncpg_dbapi.Error(str(error), error)  # type: ignore[no-untyped-call]
    adapted.__cause__ = error
    return DBAPIError("SELECT 1", None, adapted)


@pytest.mark.parametrize("wrapped", [False, True], ids=["raw", "sqlalchemy"])
@pytest.mark.parametrize(("error", "mends"), MISTAKES, ids=[type(error).__name__ for error, _ in MISTAKES])
def test_a_mistake_is_one_sentence(error: Exception, mends: str, wrapped: bool) -> None:
    async def work() -> None:
        with translate_db_errors():
            raise through_sqlalchemy(error) if wrapped else error

    with pytest.raises(OperatorError, match=mends) as raised:
        run_reporting_errors(work())
    assert "\n" not in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError("twice"), asyncpg.DataError("a fault"), KeyError("a fault")],
    ids=lambda error: type(error).__name__,
)
def test_a_defect_of_the_program_stays_one(error: Exception) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(type(error)):
        run_reporting_errors(work())


@pytest.mark.parametrize("major", [9, 16, 17])
def test_an_older_server_is_refused(major: int) -> None:
    with pytest.raises(OperatorError, match=f"The server is PostgreSQL {major}; the fund needs 18"):
        check_version(major)


@pytest.mark.parametrize("major", [18, 19])
def test_the_present_server_and_later_ones_are_not(major: int) -> None:
    check_version(major)


def test_a_verifier_is_that_of_the_standard() -> None:
    """RFC 7677, section 3: its salt and password. The proofs of its example follow from these keys."""
    from base64 import b64decode
    from hashlib import sha256
    from hmac import digest

    verifier = scram_verifier("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    name, numbers, keys = verifier.split("$")
    stored, server = keys.split(":")
    assert (name, numbers) == ("SCRAM-SHA-256", "4096:W22ZaJ0SNY7soEsUEjb6gQ==")
    first = "n=user,r=rOprNGfwEbeRWgbNEkqO"
    challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    message = f"{first},{challenge},c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".encode()
    assert digest(b64decode(server), message, "sha256") == b64decode(
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )
    proof = b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = digest(b64decode(stored), message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert sha256(client_key).digest() == b64decode(stored)


@pytest.mark.parametrize("password", ["見本", "a\tb", "a\nb", "é"])
def test_a_password_that_programs_prepare_differently_is_refused(password: str) -> None:
    with pytest.raises(OperatorError, match="printable ASCII"):
        scram_verifier(password)
