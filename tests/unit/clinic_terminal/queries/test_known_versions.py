"""The file of known versions."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_terminal.queries.known_versions import CorruptVersionsError, KnownVersions
from tests.depth import max_examples


def test_versions_are_added_to_earlier_ones(tmp_path: Path) -> None:
    versions = KnownVersions(tmp_path / "home" / "versions.json")
    assert versions.read() == {}
    versions.add({"A": "1", "B": "1"})
    versions.add({"B": "2"})
    assert versions.read() == {"A": "1", "B": "2"}


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "versions.json"
    KnownVersions(path).add({"A": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["versions.json"]


def test_without_versions_no_file_is_written(tmp_path: Path) -> None:
    KnownVersions(tmp_path / "home" / "versions.json").add({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"A": 1}', "\xff"])
def test_a_corrupt_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "versions.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(CorruptVersionsError):
        KnownVersions(path).read()


TAGS = st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=4)


@max_examples(25)
@given(st.lists(TAGS, max_size=4))
def test_the_last_version_of_each_tag_is_kept(
    tmp_path_factory: pytest.TempPathFactory, additions: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "versions-property.json"
    path.unlink(missing_ok=True)
    known: dict[str, str] = {}
    for versions in additions:
        KnownVersions(path).add(versions)
        known |= versions
        assert KnownVersions(path).read() == known


def test_a_corrupt_file_is_neither_overwritten_nor_repeated_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "versions.json"
    path.write_text('{"漏洩": 1}', encoding="utf-8")
    with pytest.raises(CorruptVersionsError) as raised:
        KnownVersions(path).add({"A": "1"})
    assert path.read_text(encoding="utf-8") == '{"漏洩": 1}'
    assert "漏洩" not in str(raised.value)
    assert raised.value.__cause__ is None
