"""The authorities, their generations and files."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from jpki_mock.authority.values import CaId, Kind
from jpki_mock.errors import InvalidInput, NotFound
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from tests.unit.jpki_mock.builders import NOW, key_maker


def trusted(home: Path, name: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((home / "trust" / name).read_bytes())


def test_the_first_opening_creates_everything_and_the_second_keeps_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new" / "home")
    with Jlis(settings, NOW, key_maker()) as jlis:
        first = [jlis.authorities.newest(kind).key_sha256 for kind in Kind]
    with Jlis(settings, NOW) as jlis:
        assert [jlis.authorities.newest(kind).key_sha256 for kind in Kind] == first


def test_private_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with Jlis(Settings(home=tmp_path), NOW, key_maker()) as jlis:
        jlis.responder.certificate(CaId(Kind.AUTHENTICATION, 1), NOW)
        private = [*(tmp_path / "keys").iterdir(), *tmp_path.glob("jpki.sqlite*")]
        assert len(private) >= 6
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_trust_stores_have_all_generations_of_one_kind(tmp_path: Path) -> None:
    with Jlis(Settings(home=tmp_path), NOW, key_maker()) as jlis:
        second = jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
        first = jlis.authorities.get(CaId(Kind.AUTHENTICATION, 1))
    assert trusted(tmp_path, "authentication.pem") == [first.certificate, second.certificate]
    assert len(trusted(tmp_path, "signature.pem")) == 1


def test_the_newest_generation_issues(jlis: Jlis) -> None:
    second = jlis.authorities.add_generation(Kind.SIGNATURE, NOW)
    assert jlis.authorities.newest(Kind.SIGNATURE).id == second.id == CaId(Kind.SIGNATURE, 2)


def test_an_authority_is_found_by_its_key(jlis: Jlis) -> None:
    newest = jlis.authorities.newest(Kind.SIGNATURE)
    assert jlis.authorities.by_key(newest.key_sha256).id == newest.id
    with pytest.raises(NotFound):
        jlis.authorities.by_key("00" * 32)


@pytest.mark.parametrize(
    "text", ["", "auth", "auth-0", "auth-01", "auth-99999", "AUTH-1", "auth-1\n", "other-1"]
)
def test_an_authority_id_is_kind_and_generation(text: str) -> None:
    with pytest.raises(InvalidInput):
        CaId.parse(text)


def test_an_authority_id_round_trips() -> None:
    assert str(CaId.parse("auth-12")) == "auth-12"
