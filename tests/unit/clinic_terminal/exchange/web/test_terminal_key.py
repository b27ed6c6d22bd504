"""The terminal's key: new at every start, in a file that its owner alone can read."""

from __future__ import annotations

from pathlib import Path

from clinic_terminal.exchange.web.terminal_key import FILE_NAME, write_key


def test_the_key_is_in_a_file_of_its_owner_only(tmp_path: Path) -> None:
    key = write_key(tmp_path)
    path = tmp_path / FILE_NAME
    assert path.read_text(encoding="ascii").strip() == key
    assert len(key) >= 43
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_start_has_a_new_key_whatever_is_there(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    (tmp_path / FILE_NAME).symlink_to(elsewhere)
    (tmp_path / f"{FILE_NAME}.new").touch(mode=0o666)
    keys = {write_key(tmp_path), write_key(tmp_path)}
    assert len(keys) == 2
    assert elsewhere.read_text() == "kept"
    assert not (tmp_path / FILE_NAME).is_symlink()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
