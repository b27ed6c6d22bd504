"""Operators: only the password opens the secret; the file has neither, and is its owner's alone."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from screens.operators import MAX_OPERATORS, NameTaken, NameUnknown, Operator, Operators, OperatorsError, seal

pytestmark = pytest.mark.slow

SECRET = b"a key that only she may use"


@pytest.fixture(scope="module")
def sealed() -> Operator:
    """Sealed once, since that takes 0.1 s."""
    return seal("見本　花子", "sender", "correct horse", SECRET)


@pytest.fixture
def operators(sealed: Operator, tmp_path: Path) -> Operators:
    kept = Operators(tmp_path / "home" / "operators.json")
    kept.add(sealed)
    return kept


def test_the_password_opens_the_secret(operators: Operators) -> None:
    opened = operators.log_in("見本　花子", "correct horse")
    assert opened is not None
    assert (opened[0].role, opened[1]) == ("sender", SECRET)


@pytest.mark.parametrize("name", ["見本 花子", " 見本花子 ", "見本　　花子"])
def test_spaces_in_a_name_do_not_matter(operators: Operators, name: str) -> None:
    assert operators.log_in(name, "correct horse") is not None


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("見本　花子", "correct Horse"),
        ("見本　花子", ""),
        ("見本　花子", "x" * 1_000_000),
        ("見本　太郎", "correct horse"),
        ("", "correct horse"),
    ],
    ids=["another case", "empty", "very long", "another name", "no name"],
)
def test_nothing_else_does(operators: Operators, name: str, password: str) -> None:
    assert operators.log_in(name, password) is None


def test_the_file_has_neither_secret_nor_password_and_is_private(
    operators: Operators, tmp_path: Path
) -> None:
    file = tmp_path / "home" / "operators.json"
    content = file.read_bytes()
    assert SECRET not in content
    assert b"correct horse" not in content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "sealed" not in repr(operators.find("見本　花子"))


def test_a_sealed_secret_opens_for_its_own_operator_and_role_only(operators: Operators) -> None:
    stolen = operators.find("見本　花子")
    assert stolen is not None
    for change in ({"name": "見本　太郎"}, {"role": "approver"}):
        assert stolen.model_copy(update=change).open("correct horse") is None


def test_the_same_password_seals_differently_each_time() -> None:
    first, second = (seal("見本", "sender", "correct horse", SECRET) for _ in range(2))
    assert first.sealed != second.sealed
    assert first.salt != second.salt


def test_an_operator_is_replaced_by_name(operators: Operators) -> None:
    operators.add(seal("見本 花子", "approver", "another password", SECRET))
    assert [operator.role for operator in operators.all()] == ["approver"]
    assert operators.log_in("見本 花子", "correct horse") is None


def test_an_operator_is_new_or_known_as_stated(operators: Operators, sealed: Operator) -> None:
    with pytest.raises(NameTaken):
        operators.add(sealed.model_copy(update={"name": "見本 花子"}), replace=False)
    with pytest.raises(NameUnknown):
        operators.add(sealed.model_copy(update={"name": "見本　次郎"}), replace=True)
    assert operators.all() == [sealed]
    operators.add(sealed, replace=True)
    operators.add(sealed.model_copy(update={"name": "見本　次郎"}), replace=False)
    assert len(operators.all()) == 2


def test_operators_who_are_added_at_the_same_time_are_all_kept(
    sealed: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = tmp_path / "operators.json", Operators.all
    meeting = threading.Barrier(2)

    def read_together(operators: Operators) -> list[Operator]:
        found = read(operators)
        with suppress(threading.BrokenBarrierError):  # alone, as it should be
            meeting.wait(0.2)
        return found

    monkeypatch.setattr(Operators, "all", read_together)
    with ThreadPoolExecutor(2) as threads:
        for name in ("見本　一", "見本　二"):
            threads.submit(Operators(path).add, sealed.model_copy(update={"name": name}))
    assert {operator.name for operator in read(Operators(path))} == {"見本　一", "見本　二"}


@pytest.mark.parametrize(
    ("name", "password"),
    [("", "correct horse"), ("x" * 41, "correct horse"), ("見\u0000本", "correct horse"), ("見本", "short")],
    ids=["no name", "a long name", "a control character", "a short password"],
)
def test_bad_names_and_passwords_are_refused(name: str, password: str) -> None:
    with pytest.raises(OperatorsError):
        seal(name, "sender", password)


@pytest.mark.parametrize("content", [b"", b"{", b'{"operators": [{"name": "x"}]}', b"\xff"], ids=str)
def test_a_damaged_file_is_an_error_and_not_an_empty_list(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "operators.json"
    file.write_bytes(content)
    with pytest.raises(OperatorsError):
        Operators(file).all()


def test_there_are_few_operators(operators: Operators, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.operators.MAX_OPERATORS", 1)
    assert MAX_OPERATORS > 1
    with pytest.raises(OperatorsError, match="already"):
        operators.add(seal("見本　次郎", "sender", "correct horse"))
