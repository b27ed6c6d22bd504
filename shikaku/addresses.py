"""Where a running stack is found: the lines that a person reads, and the same for a program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shikaku.admission import keys_of
from shikaku.sites import APPROVER, DOCTOR, RECEPTION, SENDER
from shikaku.stack import INSTITUTION_CODE, INSURER_NUMBER, PIN, Stack

_SERVICES = ("fund", "jlis", "web_api", "screens", "console", "insurer_desk")
"""Members of the ready file that are a service's URL."""


def lines(stack: Stack, console: str, desk: str, card: str, commands: str = "") -> list[str]:
    """The addresses, passwords and PIN, in Japanese and English.

    `console`, `desk`: URLs of the sandbox's console and the insurer's desk. `card`: the path of a card, as it is shown.
    `commands`: the folder of the commands with its slash; empty if a shell finds them.
    """
    wiring = stack.wiring
    return [
        f"J-LIS  {wiring['FUND_JLIS_URL']}",
        f"支払基金 / fund  {wiring['TERMINAL_FUND_URL']}  (/openapi.json)",
        f"レセコンの Web API / the clinic's web API  {stack.web_face_url}",
        f"すべてのカードの暗証番号 / PIN of every card  {PIN}",
        "",
        "画面 / screens:",
        f"  試験環境：テスト患者・カードを置く・記録・障害 / sandbox: persons, cards, request log, faults  {console}",
        f"  API の説明と試行 / the interface, to read and to try  {wiring['TERMINAL_FUND_URL']}/docs",
        f"  患者さん：カードリーダーの画面 / patients: the card reader  {stack.screens_url}/reader",
        f"    カードは試験環境の画面から置く（暗証番号 {PIN}） / cards are placed at the sandbox's console; PIN {PIN}",
        f"  受付・医師：今日の来院 / reception, doctor: today's visits  {stack.screens_url}/desk",
        f"    受付 / reception：{RECEPTION[0]} {RECEPTION[1]}　医師 / doctor：{DOCTOR[0]} {DOCTOR[1]}",
        f"  保険者の担当者：加入者情報の登録 / an insurer's clerks: members  {desk}",
        f"    送信担当 / sender：{SENDER[0]} {SENDER[1]}　承認者 / approver：{APPROVER[0]} {APPROVER[1]}",
        f"  患者さん：本人の画面（スマートフォンの幅で） / patients: their own page, as on a phone  {wiring['TERMINAL_FUND_URL']}/portal",
        f"    コード / code：{commands}clinic-terminal my-accesses --card {card}",
        "",
    ]


def ports(ready: Mapping[str, Any]) -> list[int]:
    """The port of each service of a ready file."""
    return [port for name in _SERVICES if (port := urlsplit(ready[name]).port)]


def as_json(stack: Stack, console: str, desk: str, environment: Path, day: str) -> dict[str, Any]:
    """The ready file of the command `shikaku`: what a program needs in order to call the stack.

    `environment`: the file that a shell reads. `day`: the present day in Japan, to which the test persons' days relate.
    """
    wiring = stack.wiring
    return {
        "day": day,
        "fund": wiring["TERMINAL_FUND_URL"],
        "jlis": wiring["FUND_JLIS_URL"],
        "web_api": stack.web_face_url,
        "screens": stack.screens_url,
        "console": console,
        "insurer_desk": desk,
        "institution_code": INSTITUTION_CODE,
        "insurer_number": INSURER_NUMBER,
        "terminal_credential": wiring["TERMINAL_CREDENTIAL"],
        "insurer_credential": str(keys_of(stack, INSURER_NUMBER)[0]),
        "exchange": wiring["TERMINAL_EXCHANGE_ROOT"],
        "cards": str(stack.cards),
        "pin": PIN,
        "persons": str(stack.persons),
        "environment": str(environment),
        "variables": wiring,
    }
