"""All faults by name, each with the expected behaviour of the fund."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.dataset.terminals import RENEW_BEFORE
from loadtest.faults.blank_column import BlankColumn
from loadtest.faults.database_restart import DatabaseRestart
from loadtest.faults.fault import Expectation, Fault, Window, always
from loadtest.faults.jlis import OcspDown, OcspSlow
from loadtest.faults.publication import PUBLISH
from loadtest.faults.stale_client import StaleClient
from loadtest.faults.worker_imbalance import CONNECTIONS, RECONNECT_DELAY_S, WorkerImbalance
from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.sections import Text

_BLOCKED = frozenset({"network: blocked", "network: connection cut"})
_UNAVAILABLE = frozenset({"database-unavailable", "overloaded"})

_TOKEN_S = 300.0
"""Lifetime of a token; terminals renew it `RENEW_BEFORE` its expiry."""


def _without_token_endpoint(window: Window) -> Expectation:
    """The expectation while the token endpoint is blocked.

    Ages of tokens are spread evenly, so that the share of expired ones grows linearly after `RENEW_BEFORE`.
    """
    margin = RENEW_BEFORE.total_seconds()
    if window.seconds <= margin:
        return Expectation(
            Text(
                "トークンは有効期限の1分前に更新され、検証には発行窓口を使いません。1分以内の障害には影響を受けません。",
                "A token is renewed a minute before its expiry and checked without the endpoint: an outage shorter than"
                " that has no effect.",
            )
        )
    expired = min(1.0, (window.seconds - margin) / (_TOKEN_S - margin))
    return Expectation(
        Text(
            "トークンが失効した端末だけが利用できず、他の端末は利用を継続できます。復旧後10秒以内に全端末が利用できます。",
            "Only terminals whose token has expired are not served; the others continue, and all within 10 s of its"
            " return.",
        ),
        errors=_BLOCKED,
        min_answered=max(0.0, 1.0 - expired),
        p99_ms=None,
    )


def _block(path: str) -> Callable[[Window], Sequence[ClientFault]]:
    def client_faults(window: Window) -> Sequence[ClientFault]:
        return [ClientFault(window.began, window.ended, blocked_prefix=path)]

    return client_faults


def _reconnect_twice(window: Window) -> Sequence[ClientFault]:
    """Reopen all connections, also after the fault: then any worker accepts them."""
    delayed = window.began + RECONNECT_DELAY_S
    return [
        ClientFault(delayed, delayed, new_connections=CONNECTIONS),
        ClientFault(window.ended, window.ended, new_connections=CONNECTIONS),
    ]


def _lose_tokens(window: Window) -> Sequence[ClientFault]:
    return [ClientFault(window.began, window.began, new_connections=0, tokens_lost=True)]


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "blank-column",
            Text(
                "負担割合の列が空のファイルを保険者が送信し、別の職員が承認して反映、その後取り消し",
                "an insurer's file with a blank burden column, published by a second person all the same, then undone",
            ),
            always(
                Expectation(
                    Text(
                        "ファイルは空の列のため保留され、回答は変わりません。別の職員が承認すると、その時点からそのまま"
                        "回答に現れ、取り消すと元の値に戻ります。照会は遅くならず、誤った情報を受け取った医療機関等が"
                        "特定されます。",
                        "The file is held for its blank column, and no answer changes. Published by a second person, it is"
                        " in effect from that instant on, to its last answer; undone, the former values are given again."
                        " No check is slower, and the fund names the recipients of what was withdrawn.",
                    )
                )
            ),
            BlankColumn,
        ),
        PUBLISH,
        Fault(
            "ocsp-slow",
            Text(
                "J-LIS（証明書の状態応答を含む）の応答に1秒以上かかる",
                "J-LIS, including its certificate status responder, takes a second or more for each answer",
            ),
            always(
                Expectation(
                    Text(
                        "失効リストの写しで確認するため、照会は遅くなりません。",
                        "The mirror of the revocation lists is used instead: no check is slower.",
                    )
                )
            ),
            OcspSlow,
        ),
        Fault(
            "ocsp-down",
            Text("J-LIS が接続を受け付けるが応答しない", "J-LIS accepts connections and answers nothing"),
            always(
                Expectation(
                    Text(
                        "失効リストの写しが新しい間は影響がありません。その後、カードによる照会は4秒以内に"
                        " revocation-unavailable で拒否され、無確認で受け付けることはありません。番号による照会は"
                        "継続します。復旧後10秒以内に、カードによる照会も回答されます。",
                        "While the mirror is fresh there is no effect. Then cards are refused as revocation-unavailable,"
                        " after 4 s at the latest, and never accepted unchecked; checks by number continue. Cards are"
                        " answered within 10 s of its return.",
                    ),
                    errors=frozenset({"revocation-unavailable"}),
                    min_answered=0.0,
                    p99_ms=4000.0,
                    numbers_unaffected=True,
                )
            ),
            OcspDown,
        ),
        Fault(
            "reconnect-storm",
            Text(
                "全端末が接続とトークンを同時に失う",
                "every terminal loses its connection and its token at once",
            ),
            always(
                Expectation(
                    Text(
                        "エラーは Retry-After 付きの overloaded のみで、60秒以内に元に戻ります。",
                        "No error but overloaded, with Retry-After; recovered within 60 s.",
                    ),
                    errors=frozenset({"overloaded"}),
                    recovery_within_s=60.0,
                )
            ),
            client_faults=_lose_tokens,
            instantaneous=True,
        ),
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
        Fault(
            "token-endpoint-down",
            Text("トークンの発行窓口（/v1/token）に接続できない", "the token endpoint cannot be reached"),
            _without_token_endpoint,
            client_faults=_block(TOKEN_PATH),
        ),
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
            client_faults=_block(""),
        ),
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
        Fault(
            "stale-client",
            Text("古い版の仕様によるクライアントが混在", "a client of an older contract is among the others"),
            always(
                Expectation(
                    Text(
                        "理由を示すコードで拒否されるか、処理されます。障害は起こさず、他の端末に影響しません。",
                        "It is refused by a code that names the reason, or served; none of its requests breaks anything,"
                        " and no other client is affected.",
                    )
                )
            ),
            StaleClient,
        ),
    )
}
"""Every fault by its name."""
