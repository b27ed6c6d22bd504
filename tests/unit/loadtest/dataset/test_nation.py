"""A stack that holds another nation is refused before anything is changed in it."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.database.dsn import DatabaseUnreachable
from loadtest.dataset import nation
from loadtest.dataset.nation import INSURER_OF_EVERY_POPULATION, SEED, check_nation
from loadtest.dataset.provision import DatasetSize, provision
from loadtest.errors import LoadError
from loadtest.target import TargetEnvironment
from payer_mock.population.insurers import Insurers

PEOPLE = 12


@pytest.fixture(scope="module")
def jpki_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("jpki")
    with Jlis(Settings(home=home), now()):
        pass
    return home


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """J-LIS's folder with a nation, and residents of the demo."""
    home = tmp_path_factory.mktemp("inhabited")
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(first_residents(PEOPLE, int(SEED)))
        jlis.register.add(first_residents(40, 1))
    return home


def target(home: Path) -> TargetEnvironment:
    return TargetEnvironment({"JPKI_HOME": str(home), "DATABASE_URL": "postgresql://nowhere/x"}, None)


def database(monkeypatch: pytest.MonkeyPatch, found: bool | Exception) -> None:
    async def has_population(_: str) -> bool:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(nation, "has_population", has_population)


def test_a_stack_without_a_nation_is_used(jpki_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(monkeypatch, False)
    check_nation(target(jpki_home), PEOPLE)


def test_a_stack_with_the_same_nation_is_used(inhabited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(monkeypatch, True)
    check_nation(target(inhabited), PEOPLE)


@pytest.mark.parametrize("people", [PEOPLE - 1, PEOPLE + 1, 3000])
def test_a_nation_of_another_size_is_refused_with_the_size_to_give(inhabited: Path, people: int) -> None:
    with pytest.raises(LoadError, match=f"a nation of {PEOPLE} .* use --people {PEOPLE}"):
        check_nation(target(inhabited), people)


def test_another_nation_is_refused_before_anything_is_changed(
    jpki_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database(monkeypatch, True)
    with pytest.raises(LoadError, match=r"another nation, .* right answers would be called wrong"):
        provision(target(jpki_home), DatasetSize(PEOPLE, 6, 4), tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            asyncpg.InsufficientPrivilegeError("secret"),
            "the stack's nation is unknown: InsufficientPrivilegeError",
        ),
        (DatabaseUnreachable("cannot reach the database"), "cannot reach the database"),
    ],
)
def test_a_nation_that_cannot_be_determined_is_refused(
    jpki_home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    database(monkeypatch, error)
    with pytest.raises(LoadError) as raised:
        check_nation(target(jpki_home), PEOPLE)
    assert str(raised.value) == words


@pytest.mark.parametrize("people", [1, 300, 1_000_000])
def test_every_generated_population_has_the_insurer_that_betrays_it(people: int) -> None:
    assert INSURER_OF_EVERY_POPULATION in {insurer.number for insurer in Insurers(people)}
