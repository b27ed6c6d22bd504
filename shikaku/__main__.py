"""`make demo`: runs all organisations on this machine and prints what receptions and insurers see.

Registers the person of the README's first request, plays the reception scenes, registers the other test persons, then
plays the scenes of an insurer, a pharmacy, duplicate medication, a disaster, paper certificates, the clinic's own
software, the load and a patient's own view, and makes the auditor's report of all of them. Stays until Ctrl-C, or exits if ONCE=1 is set, with exit code 0 only if all
results were as expected. The services have fixed ports; PORTS=free takes free ones.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from shikaku import addresses
from shikaku.admission import keys_of
from shikaku.clock import today
from shikaku.person_registration import PersonRegistration
from shikaku.persons.dataset import Dataset, load_dataset
from shikaku.persons.listing import listing
from shikaku.ports import Ports
from shikaku.processes import ROOT, StackError
from shikaku.sites import open_console, open_desk
from shikaku.stack import INSURER_NUMBER, PIN, Stack, end_like_ctrl_c
from shikaku.story.audit import AuditScenes
from shikaku.story.cast import INVALID, NOT_FOUND, SCENES, VALID, roles
from shikaku.story.disaster import DisasterScenes
from shikaku.story.duplicates import DuplicateScenes
from shikaku.story.exchange import ExchangeScenes
from shikaku.story.insurer import InsurerScenes
from shikaku.story.load import LoadScenes
from shikaku.story.own_view import OwnViewScenes
from shikaku.story.papers import PaperScenes
from shikaku.story.pharmacy import PharmacyScenes
from shikaku.story.reception import ReceptionScenes, TapResult
from shikaku.story.step import DemoStep

HOME = ROOT / "var" / "demo"
ENVIRONMENT = HOME.with_suffix(".env")

_FIRST = "P01-valid"
"""The person whom the README asks about: registered before the scenes, which take a while."""

_ANSWERS = "最初の問い合わせに答えられます / ready for a first request (README)"

_COLOURS = {VALID: "green", INVALID: "red", NOT_FOUND: "yellow"}


def main(arguments: Sequence[str] = ()) -> int:
    """Run the demo; returns the exit code. It has no options but `--help`."""
    argparse.ArgumentParser(prog="python -m shikaku", description=__doc__).parse_args(arguments)
    end_like_ctrl_c()
    try:
        return _run(Console(), Ports.named(os.environ.get("PORTS", "")))
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


def _run(console: Console, ports: Ports) -> int:
    starting = "支払基金とJ-LISを起動しています / starting the fund and J-LIS …"
    stack = Stack(HOME, ports=ports, sandbox=True, card_keys=HOME.with_name("card-keys.json"))
    with console.status(starting) as status, ExitStack() as at_end:
        at_end.callback(stack.stop)
        with stack.warm():
            data = load_dataset(today())
            persons = PersonRegistration(stack, data)

            def meanwhile() -> None:
                # Absent unless this demo runs: a file that a killed one left leads nowhere.
                ENVIRONMENT.unlink(missing_ok=True)
                at_end.callback(ENVIRONMENT.unlink, missing_ok=True)
                persons.issue_cards()

            stack.start(meanwhile)
            as_expected = _play_all(console, status, stack, persons, data)
        status.stop()
        if os.environ.get("ONCE") != "1":
            _stay(console, stack, data)
    return 0 if as_expected else 1


def _play_all(
    console: Console, status: Status, stack: Stack, persons: PersonRegistration, data: Dataset
) -> bool:
    """Register the persons and play all scenes; returns whether every result was as expected."""
    began = today()
    persons.register_first(_FIRST)
    stack.write_environment(ENVIRONMENT)
    console.print(f"{_ANSWERS}:  . var/{ENVIRONMENT.name}", highlight=False)
    status.update("カードの発行、加入の登録、受付 / cards, enrolments, taps …")
    taps = _play_reception(stack)
    console.print(_tap_table(taps))
    status.update("テスト患者の登録 / registering the test persons …")
    persons.register()
    stack.write_environment(ENVIRONMENT)
    results = _play(
        console,
        status,
        [
            ("保険者の加入者ファイル / an insurer's member file", InsurerScenes(stack, data).play),
            (
                "薬局での同意と薬剤情報 / consent and medicines at a pharmacy",
                PharmacyScenes(stack, data).play,
            ),
            ("重複投薬等チェック / the check of duplicate medication", DuplicateScenes(stack, data).play),
            ("郡市区の災害時モード / disaster mode for a municipality", DisasterScenes(stack, data).play),
            ("資格確認書と利用登録の解除 / papers and deregistration", PaperScenes(stack, today()).play),
            ("レセコンとの連携 / the clinic's own software", ExchangeScenes(stack, data).play),
            ("縮小した全国の平日負荷 / a weekday's load, scaled down", LoadScenes(stack).play),
            ("本人による閲覧 / the patient's own view", OwnViewScenes(stack, data).play),
            ("監査報告書 / the auditor's report", lambda: AuditScenes(stack, began, today()).play()),
        ],
    )
    stack.write_environment(ENVIRONMENT)
    return all(tap.as_expected for tap in taps) and all(results)


def _play_reception(stack: Stack) -> list[TapResult]:
    scenes = ReceptionScenes(stack, roles(today()))
    scenes.prepare()
    taps = [scenes.play(scene) for scene in SCENES]
    scenes.write_expectations(Path(stack.wiring["LOADTEST_EXPECTED"]))
    return taps


def _play(
    console: Console, status: Status, stories: Iterable[tuple[str, Callable[[], Iterable[DemoStep]]]]
) -> list[bool]:
    """Play and print each story; returns for each step whether it was as expected."""
    results = []
    for title, play in stories:
        status.update(f"{title} …")
        steps = list(play())
        console.print(_step_table(title, steps))
        results += [step.as_expected for step in steps]
    return results


def _tap_table(taps: list[TapResult]) -> Table:
    table = Table(title="受付での資格確認 / eligibility at the reception", show_lines=True)
    table.add_column("場面 / scene", overflow="fold")
    table.add_column("受付の画面 / on the screen", overflow="fold")
    table.add_column("ms", justify="right")
    table.add_column("")
    for tap in taps:
        headline = " / ".join(tap.headline)
        lines = [f"[{_COLOURS.get(tap.exit_code, 'magenta')}]{headline}[/]", *map(escape, tap.details)]
        table.add_row(
            tap.scene.title,
            "\n".join(lines),
            f"{tap.milliseconds:.0f}",
            "✓" if tap.as_expected else f"[red]✗ {tap.scene.answer}",
        )
    return table


def _step_table(title: str, steps: list[DemoStep]) -> Table:
    table = Table(title=title, show_lines=True)
    table.add_column("場面 / scene", overflow="fold")
    table.add_column("結果 / result", overflow="fold")
    table.add_column("")
    for step in steps:
        lines = "\n".join(map(escape, step.lines))
        table.add_row(step.title, lines, "✓" if step.as_expected else "[red]✗")
    return table


def _stay(console: Console, stack: Stack, data: Dataset) -> None:
    sandbox_console = open_console(stack, listing(data, PIN))
    desk = open_desk(stack, *keys_of(stack, INSURER_NUMBER))
    card = str((stack.cards / "P01-valid.json").relative_to(ROOT))
    lines = (
        *addresses.lines(stack, sandbox_console, desk, card, ".venv/bin/"),
        f"別のシェルで / in another shell:\n  . {ENVIRONMENT.relative_to(ROOT)}",
        f"  .venv/bin/clinic-terminal tap --card {card}      # PIN {PIN}",
        "  .venv/bin/loadtest smoke",
        "",
        "自作のプログラムから / from your own program: docs/first-answer.ja.md, docs/first-answer.md",
        "テスト患者 / test persons: docs/test-persons.md",
        "Ctrl-C で終了 / press Ctrl-C to stop",
    )
    console.print("\n".join(lines), highlight=False)
    with suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
