"""The command `shikaku`: runs the whole stack with its screens and the test persons, until Ctrl-C or SIGTERM.

It needs no clone: everything is in the wheel, with the extra `stack`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from shikaku import addresses
from shikaku.admission import keys_of
from shikaku.clock import today
from shikaku.person_registration import PersonRegistration
from shikaku.persons.dataset import load_dataset
from shikaku.persons.listing import listing
from shikaku.ports import Ports
from shikaku.private_files import write_private
from shikaku.processes import StackError
from shikaku.relay import Relay
from shikaku.sites import be_strict, open_console, open_desk, serve_exchange
from shikaku.stack import INSURER_NUMBER, PIN, Stack, end_like_ctrl_c

_DESCRIPTION = """支払基金・J-LIS・受付の端末・保険者を、画面とテスト患者とともに、このマシンで動かします。
Runs the fund, J-LIS, a reception terminal and an insurer on this machine, with their screens and the test persons."""

_EXAMPLE = """例 / Example:
  shikaku --ports free --ready-file ready.json"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stack; returns the exit code."""
    chosen = _options().parse_args(arguments)
    if find_spec("uvicorn") is None:
        print("必要：/ needed: pip install 'shikaku[stack]'", file=sys.stderr)
        return 2
    end_like_ctrl_c()
    try:
        _run(chosen.home, Ports.named(chosen.ports), chosen)
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="shikaku",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--version", action="version", version=version("shikaku"))
    options.add_argument(
        "--home",
        type=Path,
        default=Path(".shikaku"),
        help="すべてのファイルのフォルダー / the folder of all files; stack/ in it is emptied at each start",
    )
    options.add_argument(
        "--ports", choices=("fixed", "free"), default="fixed", help="決まったポート、または空いているもの"
    )
    options.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE.json",
        help="準備ができたときに書かれ、終わるときに消える / written when all is ready, removed at the end: addresses",
    )
    options.add_argument(
        "--listen",
        metavar="ADDRESS",
        help="コンテナなどの、ほかのアドレスや名前でも応える / answers at another address or name of this machine too, as of a container;"
        " clients that reach it need no password",
    )
    options.add_argument(
        "--strict",
        action="store_true",
        help="厳しく不規則に答える / answers strictly and at random: order of elements, expiry, refusals, delays",
    )
    return options


def _run(home: Path, ports: Ports, chosen: argparse.Namespace) -> None:
    """Start everything, say where it is, and stay. Raises StackError."""
    home, ready_file = home.absolute(), chosen.ready_file
    environment = home / "stack.env"
    stack = Stack(home / "stack", ports=ports, sandbox=True, strict=chosen.strict, card_keys=_card_keys())
    with ExitStack() as at_end:
        with stack.warm():
            data = load_dataset(today())
            persons = PersonRegistration(stack, data)

            def meanwhile() -> None:
                # Absent until all is ready: a file that a killed process left leads nowhere.
                for file in filter(None, (environment, ready_file)):
                    file.unlink(missing_ok=True)
                    at_end.callback(file.unlink, missing_ok=True)
                persons.issue_cards()

            at_end.callback(stack.stop)
            stack.start(meanwhile)
            persons.register()
            console, desk = _open_screens(stack, listing(data, PIN))
        if chosen.strict:
            be_strict(stack)  # now that its own programs have registered the persons
        stack.write_environment(environment)
        card = str(stack.cards / "P01-valid.json")
        lines = addresses.lines(stack, console, desk, card)
        print("\n".join([*lines, f". {environment}", "Ctrl-C で終了 / press Ctrl-C to stop"]), flush=True)
        found = addresses.as_json(stack, console, desk, environment, data.today)
        if chosen.listen is not None:
            at_end.enter_context(Relay(chosen.listen, addresses.ports(found)))
        if ready_file is not None:
            _write_whole(ready_file, json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        signal.pause()


def _open_screens(stack: Stack, persons: Mapping[str, object]) -> tuple[str, str]:
    """Start the clinic's screens, the sandbox's console and an insurer's desk side by side; the last two's addresses."""

    def clinic_and_console() -> str:
        serve_exchange(stack, stack.home / "exchange")
        return open_console(stack, persons)

    with ThreadPoolExecutor(2) as pool:
        console = pool.submit(clinic_and_console)
        desk = pool.submit(open_desk, stack, *keys_of(stack, INSURER_NUMBER))
        return console.result(), desk.result()


def _card_keys() -> Path | None:
    """Where this user's cache keeps the keys of the test persons' cards; None for a user without a home."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return cache / "shikaku" / "card-keys.json"


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody reads a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".new")
    write_private(part, text)
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
