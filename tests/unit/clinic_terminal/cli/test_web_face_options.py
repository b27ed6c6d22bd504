"""The options of the web face: which fit each other, and a text for those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from clinic_terminal.cli.web_face_options import WebFaceOptions
from tests.builders.clinic.terminal import TerminalRunner

CERT, KEY, CA = Path("cert.pem"), Path("key.pem"), Path("ca.pem")


@pytest.mark.parametrize(
    "options",
    [
        WebFaceOptions(None, None, None, None),
        WebFaceOptions(0, None, None, None),
        WebFaceOptions(8600, CERT, KEY, None),
        WebFaceOptions(8600, CERT, KEY, CA),
    ],
)
def test_options_that_fit(options: WebFaceOptions) -> None:
    options.check()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (WebFaceOptions(None, CERT, KEY, None), "go with --http"),
        (WebFaceOptions(None, None, None, CA), "go with --http"),
        (WebFaceOptions(0, CERT, None, None), "go together"),
        (WebFaceOptions(0, None, KEY, CA), "go together"),
        (WebFaceOptions(0, None, None, CA), "needs --tls-cert"),
    ],
)
def test_options_that_do_not_fit_are_explained(options: WebFaceOptions, words: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        options.check()
    assert words in refused.value.message


@pytest.mark.parametrize("command", ["exchange", "serve"])
@pytest.mark.parametrize(
    "arguments", [["--http", "70000"], ["--http", "-1"], ["--http", "0", "--client-ca", "ca.pem"], []]
)
def test_a_wrong_command_line_ends_with_exit_code_2(
    command: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMINAL_HOME", str(tmp_path))
    assert TerminalRunner().run(command, *arguments).exit_code == 2
