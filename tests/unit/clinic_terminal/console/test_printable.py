"""A name can neither control a screen nor be lost for a program."""

import json

import pytest

from clinic_terminal.console.printable import json_text, printable, shift_jis_json

HOSTILE = ["\x1b[2J", "\x9b2J", "\u202e", "\u2066", "\u200b", "\u2028", "\n", "\x7f", "\ue000", "\U000e0041"]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_replaced(text: str) -> None:
    assert printable(f"架空{text}").startswith("架空\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize(
    "text", ["架空　花子", "ｶｸｳ ﾊﾅｺ", "𠮷田", "葛\U000e0100城", "[bold]", "<script>", "か\u3099"]
)
def test_characters_of_names_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_json_keeps_control_characters_as_escapes(text: str) -> None:
    written = json_text({"name": f"架空{text}"})
    assert json.loads(written) == {"name": f"架空{text}"}
    assert printable(written) == written
    assert "架空" in written


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("架空　花子", "架空　花子"),
        ("𠮷田", "●田"),
        ("葛\U000e0100城", "●城"),
        ("\u3099架空", "●架空"),
        ("−", "－"),
    ],
)
def test_characters_that_shift_jis_lacks_are_marked(name: str, marked: str) -> None:
    written = shift_jis_json({"results": [{"name": name, "number": 1, "branch": None}]})
    assert json.loads(written.decode("cp932")) == {"results": [{"name": marked, "number": 1, "branch": None}]}
