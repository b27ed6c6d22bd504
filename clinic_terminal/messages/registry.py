"""Every message, by the prefix of its request files (OQS 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clinic_terminal.messages import bulk, bulk_results, checkups, eligibility, history, references
from clinic_terminal.messages.elements import Confidence
from clinic_terminal.messages.headers import MAX_SINGLE_BYTES, Message
from clinic_terminal.messages.own_error import OwnErrorResult


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One kind of request and its result.

    `prefix` begins the name of request files. Where the layout is not public, `request` is None: the request is
    never parsed, and the result is our own error.
    """

    prefix: str
    name: str
    request: type[Message] | None
    result: type[Message]
    source: str
    confidence: Confidence

    @property
    def result_prefix(self) -> str:
        """What begins the name of result files; where no layout is public, only the first letters of it."""
        return f"{self.prefix.removesuffix('req')}res" if self.layout_is_public else self.prefix

    @property
    def layout_is_public(self) -> bool:
        """Whether a layout is known that can be read and answered."""
        return self.request is not None

    @property
    def max_request_bytes(self) -> int:
        """Bytes of a request that are read at most."""
        return self.request.max_bytes if self.request else MAX_SINGLE_BYTES


FACE_PREFIX = "OQSsiquc01res_face"
"""The prefix of the file of a tap; its layout is that of the result of a look-up by number."""


_SAMPLE, _CLIENT, _DOC, _INFER = Confidence.SAMPLE, Confidence.CLIENT, Confidence.DOC, Confidence.INFER


def _bulk(
    prefix: str, name: str, request: type[Message], result: type[Message], source: str = "OQS 6"
) -> tuple[MessageKind, MessageKind]:
    return (
        MessageKind(f"{prefix}01req", f"{name}（要求）", request, bulk.ReceptionResult, source, _CLIENT),
        MessageKind(f"{prefix}02req", f"{name}（結果）", bulk.ResultsRequest, result, source, _CLIENT),
    )


def _unpublished(prefix: str, name: str) -> MessageKind:
    return MessageKind(prefix, name, None, OwnErrorResult, "OQS 3", _INFER)


_KINDS = (
    MessageKind("OQSsiquc01req", "資格確認", eligibility.EligibilityRequest, eligibility.EligibilityResult, "OQS 4", _SAMPLE),
    MessageKind("OQSsiimm01req", "照会番号登録", references.ReferenceRequest, references.ReferenceResult, "OQS 5", _SAMPLE),
    *_bulk("OQSmuquc", "資格確認一括照会", bulk.BulkEligibilityRequest, bulk_results.BulkEligibilityResult),
    *_bulk("OQSmuimm", "照会番号一括登録", bulk.BulkReferenceRequest, bulk_results.BulkReferenceResult, "OQS 5"),
    *_bulk("OQSmutic", "医療扶助の資格情報の一括取得", bulk.TicketBulkRequest, bulk_results.ConsentedBulkResult),
    *_bulk("OQSmuhvq", "同意済資格情報の一括取得・訪問診療等", bulk.HomeVisitBulkRequest, bulk_results.ConsentedBulkResult),
    *_bulk("OQSmuonq", "同意済資格情報の一括取得・オンライン診療等", bulk.OnlineBulkRequest, bulk_results.ConsentedBulkResult),
    MessageKind("YZKsiquc01req", "薬剤情報等閲覧", history.HistoryRequest, history.HistoryResult, "OQS 7", _CLIENT),
    MessageKind("TKKsiquc01req", "特定健診情報閲覧", checkups.CheckupRequest, checkups.CheckupResult, "OQS 8", _CLIENT),
)  # fmt: skip

_UNPUBLISHED = (
    _unpublished("OQSsihvq", "資格確認（訪問診療等）"),
    _unpublished("OQSsionq", "資格確認（オンライン診療等）"),
    _unpublished("OQSsihvd", "閲覧同意の取消（訪問診療等）"),
    _unpublished("OQSsiurl", "医療機関アクセスURL取得"),
    _unpublished("OQSsiinq", "医療機関環境設定情報照会"),
    _unpublished("OQSsiupd", "医療機関環境設定情報更新"),
    _unpublished("CIP", "電子カルテ情報の閲覧"),
    _unpublished("EPS", "電子処方箋管理サービス"),
    _unpublished("PMHsimsm", "医療費助成の資格確認"),
)

MESSAGES: Mapping[str, MessageKind] = {kind.prefix: kind for kind in (*_KINDS, *_UNPUBLISHED)}
"""Every kind by its prefix. A prefix without a public layout stands for every message that begins with it."""


def kind_of(file_name: str) -> MessageKind | None:
    """The kind of a request file, by its name up to the first underscore; None if no message begins so."""
    prefix = file_name.partition("_")[0]
    exact = MESSAGES.get(prefix)
    if exact is not None:
        return exact
    return next((kind for kind in _UNPUBLISHED if prefix.startswith(kind.prefix)), None)
