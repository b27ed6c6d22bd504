"""Person keys."""

from pathlib import Path

from jpki_mock.register.person_keys import PersonKeys


def test_another_register_knows_the_same_resident_by_another_key(tmp_path: Path) -> None:
    one, other = (PersonKeys.open(tmp_path / name) for name in ("one", "other"))
    assert one.of("R0-1") != other.of("R0-1")


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    assert PersonKeys.open(tmp_path / "one").of("R0-1") == PersonKeys.open(tmp_path / "one").of("R0-1")


def test_a_key_is_the_head_of_an_hmac() -> None:
    # Computed with OpenSSL: printf R0-1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00..00 (32 bytes)
    assert PersonKeys(bytes(32)).of("R0-1") == "3168a87b8dfff6bffece896295933109"
