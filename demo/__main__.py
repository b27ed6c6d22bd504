"""`make demo`: the whole house in one run, and what the desk sees at each tap.

First ten taps, then the named test persons move in, then an insurer's file is held, corrected and published, then a
pharmacy looks at medicines with its patient's consent, then a small nation comes to its facilities. With ONCE=1 in the environment it ends there, with success only
if everything was as expected.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo.cast import INVALID, NOT_FOUND, SCENES, VALID, roles
from demo.clock import today
from demo.house import House, end_like_ctrl_c
from demo.insurer_story import InsurerStory
from demo.nation_story import NationStory
from demo.persons.stage import stage
from demo.pharmacy_story import PharmacyStory
from demo.population import Population
from demo.processes import ROOT, HouseError
from demo.story import Seen, Story
from demo.told import Told

HOME = ROOT / "var" / "demo"
ENVIRONMENT = HOME.with_suffix(".env")

_COLOURS = {VALID: "green", INVALID: "red", NOT_FOUND: "yellow"}


def main() -> int:
    """Tell the story; the exit code."""
    end_like_ctrl_c()
    try:
        return _run(Console())
    except KeyboardInterrupt:
        return 130
    except HouseError as error:
        print(error, file=sys.stderr)
        return 1


def _run(console: Console) -> int:
    starting = "基金とJ-LISを起動しています / starting the fund and J-LIS …"
    with console.status(starting) as status, House(HOME) as house:
        status.update("カードの発行、資格の登録、受付 / cards, enrolments, taps …")
        seen = _tell(house)
        console.print(_table(seen))
        status.update("テスト患者の登録 / the named test persons move in …")
        data = stage(today())
        Population(house, data).settle()
        house.write_environment(ENVIRONMENT)
        status.update("保険者の加入者ファイル / an insurer's member files …")
        told = list(InsurerStory(house, data).tell())
        console.print(_told_table("保険者の加入者ファイル / an insurer's member file", told))
        status.update("薬局での同意と薬剤情報 / a consent at a pharmacy, and the medicines …")
        opened = list(PharmacyStory(house, data).tell())
        console.print(_told_table("薬局での同意と薬剤情報 / consent and medicines at a pharmacy", opened))
        status.update("全国の平日の縮図 / a weekday of the nation, thinned …")
        came = list(NationStory(house).tell())
        status.stop()
        console.print(_told_table("全国の平日の縮図 / a weekday of the nation, thinned", came))
        if os.environ.get("ONCE") != "1":
            _stay(console, house)
    good = all(one.as_expected for one in seen) and all(one.as_expected for one in (*told, *opened, *came))
    return 0 if good else 1


def _tell(house: House) -> list[Seen]:
    story = Story(house, roles(today()))
    story.prepare()
    seen = [story.play(scene) for scene in SCENES]
    story.write_expectations(Path(house.wiring["LOADTEST_EXPECTED"]))
    return seen


def _table(seen: list[Seen]) -> Table:
    table = Table(title="資格確認 / eligibility at the reception desk", show_lines=True)
    table.add_column("場面 / scene")
    table.add_column("受付の画面 / the desk sees", overflow="fold")
    table.add_column("ms", justify="right")
    table.add_column("")
    for one in seen:
        lines = [f"[{_COLOURS.get(one.exit_code, 'magenta')}]{one.headline}[/]", *map(escape, one.details)]
        table.add_row(
            one.scene.title,
            "\n".join(lines),
            f"{one.milliseconds:.0f}",
            "✓" if one.as_expected else f"[red]✗ {one.scene.answer}",
        )
    return table


def _told_table(title: str, told: list[Told]) -> Table:
    table = Table(title=title, show_lines=True)
    table.add_column("場面 / scene")
    table.add_column("結果 / what was seen", overflow="fold")
    table.add_column("")
    for one in told:
        lines = "\n".join(map(escape, one.lines))
        table.add_row(one.title, lines, "✓" if one.as_expected else "[red]✗")
    return table


def _stay(console: Console, house: House) -> None:
    wiring = house.wiring
    console.print(
        f"J-LIS  {wiring['FUND_JLIS_URL']}\n基金 / fund  {wiring['TERMINAL_FUND_URL']}  (/openapi.json)",
        highlight=False,
    )
    console.print(
        f"\n別の端末で / in another terminal:\n  . {ENVIRONMENT.relative_to(ROOT)}", highlight=False
    )
    card = (house.cards / "P01-valid.json").relative_to(ROOT)
    console.print(f"  .venv/bin/clinic-terminal tap --card {card}", highlight=False)
    console.print("  (テスト患者 / the test persons: docs/test-persons.md)", highlight=False)
    console.print("  .venv/bin/loadtest smoke", highlight=False)
    console.print("\nCtrl-C で終了 / Ctrl-C ends everything.")
    with suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
