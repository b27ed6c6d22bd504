"""The enrolment desk of an insurer in the running stack, and what its clerks do there in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from playwright.sync_api import Page, expect

from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from shikaku import sites
from shikaku.sites import APPROVER, SENDER
from shikaku.stack import Stack

INSURER_NAME = "架空健康保険組合"

Operator = tuple[str, str]


@dataclass(slots=True)
class EnrolmentDesk:
    """A running desk: its address, the folder for its files, and its insurer number."""

    url: str
    folder: Path
    insurer: str
    _cookies: Any = field(default_factory=list)
    """Of the last log-in, which ended every other session."""

    def log_in(self, page: Page, operator: Operator = SENDER) -> None:
        """Log in as one of the two persons; lands on the files."""
        page.goto(f"{self.url}/login")
        if page.get_by_role("button", name="ログアウト").count():
            page.get_by_role("button", name="ログアウト").click()
        page.get_by_label("氏名").fill(operator[0])
        page.get_by_label("パスワード").fill(operator[1])
        page.get_by_role("button", name="ログインする").click()
        page.wait_for_url("**/uploads")
        self._cookies = page.context.cookies()

    def enter(self, page: Page) -> None:
        """Open the files as the sender: in her session if it is open, or by a log-in."""
        page.context.add_cookies(self._cookies)
        page.goto(f"{self.url}/uploads")
        if not page.locator(".who", has_text=SENDER[0]).count():
            self.log_in(page)

    def send(self, page: Page, name: str, rows: Iterable[str], *, changes: bool = False) -> None:
        """Send a file of these rows, and wait for its check report. `changes`: it does not have all members."""
        page.goto(f"{self.url}/uploads")
        page.get_by_label("ファイル", exact=True).set_input_files(self.file(name, rows))
        page.get_by_label("変更分のみ" if changes else "全件").check()
        page.get_by_role("button", name="送信する").click()
        page.wait_for_url("**/uploads/*-*")
        expect(page.get_by_role("heading", name="承認と反映")).to_be_visible()

    def file(self, name: str, rows: Iterable[str]) -> Path:
        """A member file as a Japanese spreadsheet saves it: CP932, with CR and LF."""
        path = self.folder / name
        lines = [COLUMNS, *rows]
        path.write_bytes(
            "".join(f"{line}\r\n" for line in lines).replace("INSURER", self.insurer).encode("cp932")
        )
        return path

    def decide(self, page: Page, button: str, reason: str | None = None) -> None:
        """Press a button of a file's page, with a reason."""
        form = page.locator("form", has=page.get_by_role("button", name=button))
        if reason is not None:
            form.get_by_label("理由").fill(reason)
        form.get_by_role("button", name=button).click()


COLUMNS = "保険者番号,記号,番号,枝番,本人・家族の別,氏名,氏名カナ,性別,生年月日,住所,郵便番号,資格取得年月日"


def row(number: int, **cells: str) -> str:
    """A member as a row of a spreadsheet, with an era date. `INSURER` stands for the desk's insurer number."""
    values = {
        "insurer": "INSURER", "symbol": "123", "number": str(number), "branch": "00", "relationship": "1",
        "name": f"架空　太郎{number}", "kana": "カクウ　タロウ", "sex": "1", "born": "S55.5.17",
        "address": "架空県模擬市見本町１番地", "postal": "000-0000", "acquired": "2020/4/1",
    }  # fmt: skip
    return ",".join((values | cells).values())


def open_desk(stack: Stack, insurer: str) -> EnrolmentDesk:
    """Admit an insurer with two keys, and start its desk."""
    program, approver = (stack.home / f"{key}-{insurer}.json" for key in ("program", "approver"))
    options = ("--insurer-number", insurer, "--name", INSURER_NAME, "--out")
    with stack.warm():
        stack.run("eligibility-api", "insurer", "add", *options, program)
        stack.run("eligibility-api", "insurer", "add", *options, approver, "--approver")
        url = sites.open_desk(stack, program, approver)
    folder = stack.home / f"files-of-{insurer}"
    folder.mkdir(mode=0o700)
    return EnrolmentDesk(url, folder, insurer)


def publish_earlier(stack: Stack, insurer: str, days: int) -> None:
    """Let what the insurer has published have been published so many days earlier.

    In a thread, since the browser's event loop runs in this one.
    """

    async def change() -> None:
        dsn = EmbeddedPostgres.attach(Path(stack.wiring["FUND_HOME"]) / "postgres").dsn("owner")
        connection = await asyncpg.connect(dsn)
        try:
            done = await connection.execute(
                "UPDATE revision SET published_at = published_at - make_interval(days => $1) WHERE insurer_number = $2",
                days,
                insurer,
            )
        finally:
            await connection.close()
        assert done != "UPDATE 0"

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(change())).result()


__all__ = ["APPROVER", "COLUMNS", "SENDER", "EnrolmentDesk", "open_desk", "publish_earlier", "row"]
