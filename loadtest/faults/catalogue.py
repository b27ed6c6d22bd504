"""All faults by name, each with the expected behaviour of the fund. Most are defined beside their injectors."""

from __future__ import annotations

from collections.abc import Sequence

from loadtest.faults.blank_column import BLANK_COLUMN
from loadtest.faults.cloud_vendor import CLOUD_VENDOR_DOWN
from loadtest.faults.database_restart import DatabaseRestart
from loadtest.faults.demand_spike import DEMAND_SPIKE
from loadtest.faults.fault import Expectation, Fault, Window, always, lost_requests
from loadtest.faults.jlis import OCSP_DOWN, OCSP_SLOW
from loadtest.faults.publication import PUBLISH
from loadtest.faults.reader_update import READER_UPDATE
from loadtest.faults.stale_client import STALE_CLIENT
from loadtest.faults.swapped_certificates import SWAPPED_CERTIFICATES
from loadtest.faults.token_endpoint import RECONNECT_STORM, TOKEN_ENDPOINT_DOWN
from loadtest.faults.worker_imbalance import CONNECTIONS, RECONNECT_DELAY_S, WorkerImbalance
from loadtest.faults.wrong_numbers import WRONG_NUMBERS
from loadtest.generator.client_faults import ClientFault
from loadtest.sections import Text

_BLOCKED = frozenset({"network: blocked", "network: connection cut"})
_UNAVAILABLE = frozenset({"database-unavailable", "overloaded"})


def _block(window: Window) -> Sequence[ClientFault]:
    return [ClientFault(window.began, window.ended, blocked_prefix="")]


def _reconnect_twice(window: Window) -> Sequence[ClientFault]:
    """Reopen all connections, also after the fault: then any worker accepts them."""
    delayed = window.began + RECONNECT_DELAY_S
    return [
        ClientFault(delayed, delayed, new_connections=CONNECTIONS),
        ClientFault(window.ended, window.ended, new_connections=CONNECTIONS),
    ]


FAULTS = {
    fault.name: fault
    for fault in (
        WRONG_NUMBERS,
        BLANK_COLUMN,
        PUBLISH,
        OCSP_SLOW,
        OCSP_DOWN,
        RECONNECT_STORM,
        DEMAND_SPIKE,
        Fault(
            "worker-imbalance",
            Text(
                "すべての接続が API の1つのワーカーに集中", "all connections are at one of the API's workers"
            ),
            always(
                Expectation(
                    Text(
                        "1つのワーカーが1コアの能力まで処理し、超過分は Retry-After 付きの overloaded で拒否されます。"
                        "接続が分散してから10秒以内に元に戻ります。",
                        "One worker serves what one core can. The excess is refused as overloaded, with Retry-After,"
                        " rather than left waiting; recovered within 10 s of the connections being spread again.",
                    ),
                    errors=frozenset({"overloaded"}),
                    min_answered=0.0,
                    p99_ms=None,
                )
            ),
            WorkerImbalance,
            client_faults=_reconnect_twice,
        ),
        TOKEN_ENDPOINT_DOWN,
        Fault(
            "network-cut",
            Text("どの端末も支払基金に接続できない", "no terminal reaches the fund"),
            always(
                Expectation(
                    Text(
                        "要求が届かないため回答もありません。全端末が同時に復帰し、10秒以内に元に戻ります。"
                        "誤った回答はありません。",
                        "Nothing is answered, as nothing arrives. All terminals return at once, and the fund recovers"
                        " within 10 s; no answer is wrong.",
                    ),
                    errors=_BLOCKED,
                    min_answered=0.0,
                    p99_ms=None,
                )
            ),
            client_faults=_block,
            evidence=lost_requests,
        ),
        CLOUD_VENDOR_DOWN,
        Fault(
            "database-restart",
            Text(
                "負荷中にデータベースが強制終了し、再起動", "the database is killed under load, and recovers"
            ),
            always(
                Expectation(
                    Text(
                        "再起動までは Retry-After 付きの database-unavailable または overloaded で拒否され、60秒以内に"
                        "自動で復旧します。すべての回答に記録があり、記録から同じ回答を再計算できます。",
                        "Refused as database-unavailable or overloaded, with Retry-After, until it is back: within 60 s,"
                        " without intervention. Every answer that was given has its record, and can be recomputed from"
                        " it.",
                    ),
                    errors=_UNAVAILABLE,
                    recovery_within_s=60.0,
                )
            ),
            DatabaseRestart,
            instantaneous=True,
        ),
        STALE_CLIENT,
        READER_UPDATE,
        SWAPPED_CERTIFICATES,
    )
}
"""Every fault by its name."""
