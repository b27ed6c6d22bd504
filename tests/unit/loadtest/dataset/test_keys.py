"""Card keys: generated once, and kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from loadtest.dataset import keys
from loadtest.dataset.keys import load_keys
from tests.builders.cards import rsa_key


def test_missing_keys_are_generated_and_existing_ones_reused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated: list[int] = []

    def generate(count: int) -> list[bytes]:
        generated.append(count)
        return [keys._new_key(0) for _ in range(count)]

    monkeypatch.setattr(keys, "_generate", generate)
    two = load_keys(2, tmp_path / "home")
    three = load_keys(3, tmp_path / "home")
    assert generated == [2, 1]
    numbers = [key.private_numbers() for key in three]
    assert numbers[:2] == [key.private_numbers() for key in two]
    assert len(load_keys(1, tmp_path / "home")) == 1
    assert rsa_key(1).key_size == three[0].key_size


def test_processes_that_start_together_get_the_same_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_inside = Barrier(2)

    def generate(count: int) -> list[bytes]:
        with suppress(BrokenBarrierError):  # broken, since the other one waits for the file
            both_inside.wait(timeout=0.2)
        return [keys._new_key(0) for _ in range(count)]

    monkeypatch.setattr(keys, "_generate", generate)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: load_keys(1, tmp_path), range(2))
    assert first[0].private_numbers() == second[0].private_numbers()


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_generate", lambda count: [keys._new_key(0) for _ in range(count)])
    load_keys(1, tmp_path)
    assert (tmp_path / "card-keys.pem").stat().st_mode & 0o077 == 0


def test_the_folder_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_HOME", str(tmp_path / "keys"))
    assert load_keys(0) == []
    assert (tmp_path / "keys").is_dir()
