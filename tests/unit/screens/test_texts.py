"""The catalogues of texts: each key in every language, none unused, none missing."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from screens.texts import LANGUAGES, SHARED, Texts, TextsError, read

ROOT = Path(__file__).parents[3]
PROGRAMS = {
    "payer_mock": ROOT / "payer_mock" / "web",
    "clinic_terminal": ROOT / "clinic_terminal" / "pages",
    "sandbox": ROOT / "sandbox",
}
"""Each program with screens: the folder that has its `words` and `templates`."""

WITHOUT_LOG_IN = {"sandbox"}
"""Programs that have no use for the shared log-in page."""

WORDS = {program: sorted(folder.rglob("words")) for program, folder in PROGRAMS.items()}
"""The catalogues of each program: one, or one for each of its parts."""

FOLDERS = [pytest.param(SHARED, id="shared")] + [
    pytest.param(folder, id=folder.relative_to(ROOT).as_posix())
    for folders in WORDS.values()
    for folder in folders
]

_QUOTED = re.compile(r"""["']([a-z]+(?:\.[a-z0-9-]+)+)["']""")
_PREFIX = re.compile(r"""["']([a-z-]+\.(?:[a-z0-9-]+\.)*(?:[a-z0-9]+-)*)(?:["'] ~|\{)""")
_CALL = re.compile(r"""\bt\(["']([a-z0-9.-]+)["'][,)]""")


def sources(folder: Path) -> str:
    """The templates and modules of a program, and the shared ones."""
    files = [
        file
        for root in (folder, ROOT / "screens")
        for kind in ("html", "py")
        for file in root.rglob(f"*.{kind}")
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def unused(keys: frozenset[str], source: str) -> set[str]:
    """The keys that no source names, in whole or by the beginning of a composed one."""
    named, prefixes = set(_QUOTED.findall(source) + _CALL.findall(source)), tuple(_PREFIX.findall(source))
    return {key for key in keys if key not in named and not key.startswith(prefixes)}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_key_is_used_and_every_used_key_exists(program: str) -> None:
    source = sources(PROGRAMS[program])
    keys = Texts.load(*WORDS[program]).keys()
    assert len(keys) > 100
    assert unused(keys - Texts.load().keys(), source) == set()
    called = set(_CALL.findall(source))
    assert len(called) > 20
    assert called - keys == ({"login.explain"} if program in WITHOUT_LOG_IN else set())


def test_every_shared_key_is_used_by_some_program() -> None:
    keys = Texts.load().keys()
    assert len(keys) > 10
    assert unused(keys, "".join(sources(folder) for folder in PROGRAMS.values())) == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_text_has_the_same_values_in_every_language(folder: Path) -> None:
    first, *others = (read(folder, language) for language in LANGUAGES)
    assert first
    for other in others:
        for key, text in first.items():
            assert _fields(text) == _fields(other[key]), key


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_text_blames_shouts_or_uses_a_word_that_ended(folder: Path) -> None:
    japanese = read(folder, "ja")
    for word in ("保険証を", "保険証の番号", "公開", "!", "！", "スタッフ", "あなた"):
        assert [key for key, text in japanese.items() if word in text] == []


def write(folder: Path, ja: str, en: str) -> Path:
    (folder / "ja.toml").write_text(ja, encoding="utf-8")
    (folder / "en.toml").write_text(en, encoding="utf-8")
    return folder


def test_a_key_that_one_language_lacks_is_named(tmp_path: Path) -> None:
    write(tmp_path, '[a]\nb = "x"\nc = "y"', '[a]\nb = "x"')
    with pytest.raises(TextsError, match=r"a\.c"):
        Texts.load(tmp_path)


def test_a_key_may_be_in_one_catalogue_only(tmp_path: Path) -> None:
    write(tmp_path, '[common]\nskip = "x"', '[common]\nskip = "x"')
    with pytest.raises(TextsError, match=r"common\.skip"):
        Texts.load(tmp_path)


def test_values_are_filled_in_and_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    texts = Texts.load(write(tmp_path, 'left = "あと{n}回"', 'left = "{n} left"'))
    assert (texts.get("ja", "left", n=2), texts.get("en", "left", n=2)) == ("あと2回", "2 left")
    with pytest.raises(KeyError):
        texts.get("ja", "absent")
