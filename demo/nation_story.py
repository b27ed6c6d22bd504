"""The nation's part of the story: a quarter of a minute of its weekday, thinned to what any machine carries.

Patients come when a schedule says so, whatever is still unanswered, and every answer is held against a naive model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from demo.house import House
from demo.told import Told

_SHARE_OF_A_WEEKDAY = 0.05
_SECONDS = 15


class NationStory:
    """Facilities and patients of a small nation in a running house, beside whoever lives there."""

    def __init__(self, house: House) -> None:
        self._house = house

    def tell(self) -> Iterator[Told]:
        """The load, its answers, and what the whole nation would need. Raises HouseError where it could not be run."""
        words = (
            "--level", "L0", "--scale", str(_SHARE_OF_A_WEEKDAY), "--minutes", str(_SECONDS / 60),
            "--people", "300", "--cards", "60", "--terminals", "8", "--generators", "1",
            "--out", self._house.home / "nation", "--json",
        )  # fmt: skip
        done = self._house.run("loadtest", "run", *words, check=False)
        if done.returncode not in (0, 1):
            yield Told("全国の平日の縮図 / a weekday of the nation, thinned", (done.stderr.strip(),), False)
            return
        seen: dict[str, Any] = json.loads(done.stdout)
        yield Told(
            "全国の平日の縮図 / a weekday of the nation, thinned",
            (
                f"{seen['achieved_checks_per_s']:.0f} / {seen['offered_checks_per_s']:.0f} 件/秒 checks/s,"
                f" p50 {seen['p50_ms']:.0f} ms, p99 {seen['p99_ms']:.0f} ms",
                f"エラー / errors: {sum(seen['errors'].values())}",
            ),
            not seen["errors"],
        )
        compared, wrong = seen["compared_answers"] + seen["compared_histories"], seen["wrong_answers"]
        yield Told(
            "素朴な模型との照合 / every answer held against a naive model",
            (f"{compared} 件照合、不一致 {wrong} 件 / {compared} compared, {wrong} wrong",),
            compared > 0 and not wrong,
        )
        capacity = seen["capacity"] or {"sentence": "—"}
        yield Told("最も混む一分 / the busiest minute", (capacity["sentence"],), seen["capacity"] is not None)
