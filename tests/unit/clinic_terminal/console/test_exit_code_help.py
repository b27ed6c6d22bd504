"""Exit codes in the help of a command."""

from clinic_terminal.console import outcomes
from clinic_terminal.console.exit_code_help import render_exit_codes


def test_the_help_lists_each_exit_code_once_with_the_meaning_of_its_first_row() -> None:
    text = render_exit_codes([outcomes.DONE, outcomes.HISTORY, outcomes.GIVEN_UP])
    assert text.splitlines()[:4] == [
        "\b",
        "終了コード：",
        "  0     完了",
        f"  1     {outcomes.GIVEN_UP.meaning.ja}",
    ]
    assert text.splitlines()[-2] == "  0     done"
