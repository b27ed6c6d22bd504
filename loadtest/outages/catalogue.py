"""The twelve outages by name: what happened, and the fault that breaks the same component here."""

from __future__ import annotations

from dataclasses import dataclass

from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import Fault
from loadtest.faults.storm import STORM
from loadtest.scenario.levels import LEVELS, Level
from loadtest.scenario.plan import Plan
from loadtest.sections import Text

_MINUTES = 1.0


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage of the real system, and how it is replayed.

    `happened`: what broke there; `fault`: what is broken here; `level`: the load meanwhile.
    """

    name: str
    happened: Text
    fault: Fault
    level: Level = LEVELS["L0"]
    minutes: float = _MINUTES
    """Duration, unless another one is asked for."""

    def plan(self, minutes: float | None, scale: float, seed: int) -> Plan:
        """The plan of its run: minutes (None: its own), factor of the level's rates, seed."""
        return Plan(self.level, (minutes or self.minutes) * 60, scale, seed)


OUTAGES = {
    outage.name: outage
    for outage in (
        Outage(
            "wrong-numbers",
            Text("保険者が誤った番号を登録", "an insurer loaded wrong numbers"),
            FAULTS["wrong-numbers"],
        ),
        Outage(
            "blank-burden",
            Text("負担割合の列が空のファイルを保険者が登録", "an insurer loaded a blank burden column"),
            FAULTS["blank-column"],
        ),
        Outage(
            "reader-update",
            Text("更新後にカードリーダーが使用できない", "readers failed after an update"),
            FAULTS["reader-update"],
        ),
        Outage(
            "uneven-load",
            Text("接続が1つのサーバーに偏る", "one node got all connections"),
            FAULTS["worker-imbalance"],
        ),
        Outage(
            "restart-storm",
            Text("再起動後に全施設が同時に再接続", "every site signed in at once after a restart"),
            STORM,
            LEVELS["storm"],
            LEVELS["storm"].minutes,
        ),
        Outage(
            "identity-provider-down",
            Text("認証基盤が応答しない", "the identity provider was down"),
            FAULTS["token-endpoint-down"],
        ),
        Outage(
            "access-line-down",
            Text("アクセス回線の障害", "the access line was down"),
            FAULTS["network-cut"],
        ),
        Outage(
            "certificate-operator-down",
            Text("証明書の運営主体（J-LIS）の障害", "the operator of the certificates was down"),
            FAULTS["ocsp-down"],
        ),
        Outage(
            "cloud-vendor-down",
            Text("医療機関側のクラウド事業者の障害", "a cloud vendor between clinics and the fund was down"),
            FAULTS["cloud-vendor-down"],
        ),
        Outage(
            "demand-spike",
            Text("照会の急増", "demand rose at once"),
            FAULTS["demand-spike"],
        ),
        Outage(
            "ocsp-overloaded",
            Text("証明書の状態応答の過負荷", "the responder of certificate status was overloaded"),
            FAULTS["ocsp-slow"],
        ),
        Outage(
            "certificates-swapped",
            Text("証明書の取り違え", "certificates were swapped"),
            FAULTS["certificates-swapped"],
        ),
    )
}
"""Every outage by its name."""
