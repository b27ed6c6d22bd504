"""Scenes of the patient's own view: a code at the clinic, her page on her own device, and proofs that verify offline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import httpx2

from shikaku.persons.dataset import Dataset
from shikaku.private_files import write_private
from shikaku.processes import StackError
from shikaku.stack import INSTITUTION_NAME, PIN, Stack
from shikaku.story.pharmacy import PERSON
from shikaku.story.step import DemoStep, run_json

VERIFIED, PENDING = "書き換えられていないことを確認済み", "まもなく確認できます"
_SHOWN_ENTRIES = 4
_TRIES, _PAUSE_SECONDS = 40, 0.25
"""The log has a record within a second or so of its writing."""

_ENTRY = re.compile(r'<li class="panel[^"]*">(.*?)</li>', re.DOTALL)
_TAGS = re.compile(r"<[^>]+>")


class OwnViewScenes:
    """The patient of the pharmacy's scenes, whom clinic and pharmacy looked at."""

    def __init__(
        self,
        stack: Stack,
        data: Dataset,
        *,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`transport`: in place of a connection to the fund; `sleep`: between looks at the page."""
        self._stack = stack
        self._card = stack.cards / data.person(PERSON).card_file
        self._transport = transport
        self._sleep = sleep

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        command = ("my-accesses", "--card", self._card, "--pin-stdin", "--json")
        made = run_json(self._stack, "clinic-terminal", *command, stdin=f"{PIN}\n").get("answer")
        if not isinstance(made, dict):
            raise StackError("clinic-terminal my-accesses made no code")
        yield DemoStep(
            "診療所で、本人の閲覧用コードを作る\nat the clinic: a code for her own page",
            (str(made["code"]), str(made["address"])),
            made["accesses"] is None,
        )
        origin = str(made["address"]).removesuffix("/portal")
        with httpx2.Client(base_url=origin, transport=self._transport, trust_env=False) as device:
            form = {"Origin": origin}
            device.post("/portal/", data={"code": made["code"]}, headers=form)
            entries = self._entries(device)
            again = device.post("/portal/", data={"code": made["code"]}, headers=form).status_code
            file = self._stack.home / "own-accesses.jsonl"
            write_private(file, device.post("/portal/accesses/file", headers=form).text)
            device.post("/portal/end", headers=form)
        yield self._listed(entries)
        yield DemoStep(
            "同じコードをもう一度\nthe same code again",
            ("使えません", "it cannot be used"),
            again == 403,
        )
        yield self._verification(file)

    def _entries(self, device: httpx2.Client) -> list[str]:
        """The entries of her list, once the log has all of them."""
        page = ""
        for _ in range(_TRIES):
            page = device.get("/portal/accesses").text
            if PENDING not in page:
                break
            self._sleep(_PAUSE_SECONDS)
        return [
            re.sub(r"[ \n]+", " ", unescape(_TAGS.sub(" ", entry))).strip() for entry in _ENTRY.findall(page)
        ]

    @staticmethod
    def _listed(entries: list[str]) -> DemoStep:
        proven = sum(VERIFIED in entry for entry in entries)
        shown = [entry.split(VERIFIED)[0].strip() for entry in entries if INSTITUTION_NAME in entry]
        lines = (
            f"記録 {len(entries)}件、うち書き換えなしを確認 {proven}件",
            f"{len(entries)} entries, {proven} verified as not altered",
            *shown[:_SHOWN_ENTRIES],
        )
        title = "本人のスマートフォンで：だれが、いつ、何を閲覧したか\non her own phone: who looked at what"
        return DemoStep(title, lines, bool(shown) and proven == len(entries))

    def _verification(self, file: Path) -> DemoStep:
        """Verify the downloaded list with the log's key alone, and a copy in which one character was changed."""
        keys = Path(self._stack.wiring["FUND_HOME"]) / "keys" / "checkpoint.keys"
        key = keys.read_text(encoding="utf-8").splitlines()[0]
        altered = file.with_name("own-accesses-altered.jsonl")
        write_private(
            altered, file.read_text(encoding="utf-8").replace("eligibility.card", "eligibility.cart", 1)
        )
        good, bad = (
            run_json(self._stack, "eligibility-api", "audit", "verify", path, "--key", key, "--json")
            for path in (file, altered)
        )
        lines = (
            f"支払基金に接続せずに検証：{good['records']}件が正しい",
            f"verified without the fund: {good['records']} records hold",
            "1文字を変えた写し：誤りを検出",
            "a copy with one character changed: found",
        )
        as_expected = bool(good["holds"] and good["records"] and not bad["holds"])
        return DemoStep("証明つきの記録の検証\nthe proofs of her list", lines, as_expected)
