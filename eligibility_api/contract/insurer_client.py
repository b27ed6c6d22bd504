"""The client for insurers' programs: the facilities' calls, and the insurer's own.

Every change of a single member carries an idempotency key. A caller that may repeat a call passes its own
key, the same each time: the fund applies the change once.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from eligibility_api.contract.checkups import CheckupsAnswer, CheckupsRequest
from eligibility_api.contract.claims import CLAIMS_PATH, ClaimsAnswer, ClaimsFaults
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.enrolment import (
    BranchRequest,
    CorrectionRequest,
    EndRequest,
    EnrolmentAnswer,
    EnrolmentRequest,
    MoveRequest,
    WithdrawRequest,
)
from eligibility_api.contract.insurer_ops import (
    Changes,
    ConfirmAnswer,
    ConfirmRequest,
    DeregistrationAnswer,
    DeregistrationApplications,
    DeregistrationRequest,
    DeregistrationWithdrawalAnswer,
    FoundMembers,
    MemberHistory,
    MemberSearch,
    Mismatches,
    PaperApplicationAnswer,
    PaperApplicationRequest,
    PaperCertificates,
    PaperWithdrawalAnswer,
    Statistics,
    UnlinkAnswer,
    UnlinkRequest,
)
from eligibility_api.contract.tickets import TicketsAnswer, TicketsRequest
from eligibility_api.contract.uploads import (
    BadRows,
    CorrectionList,
    Decision,
    FileEncoding,
    FileFormat,
    FileScope,
    Publish,
    UploadAnswer,
    UploadFaults,
)

_UPLOADS = "/v1/uploads"
_MEDIA_TYPES = {FileFormat.CSV: "text/csv", FileFormat.JSON_LINES: "application/jsonl"}


class InsurerClient(FundClient):
    """Calls of an insurer's admitted program. `key`: an idempotency key; default: a new one."""

    def enrol(self, request: EnrolmentRequest, key: str | None = None) -> EnrolmentAnswer:
        """Add one member."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments", request, key)

    def end_enrolment(self, request: EndRequest, key: str | None = None) -> EnrolmentAnswer:
        """End one member's current enrolment."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments/end", request, key)

    def correct_enrolment(self, request: CorrectionRequest, key: str | None = None) -> EnrolmentAnswer:
        """Correct a period of a member."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments/correct", request, key)

    def change_address(self, request: MoveRequest, key: str | None = None) -> EnrolmentAnswer:
        """Change a member's address."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments/move", request, key)

    def change_branch(self, request: BranchRequest, key: str | None = None) -> EnrolmentAnswer:
        """Change a member's branch number."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments/branch", request, key)

    def withdraw_enrolment(self, request: WithdrawRequest, key: str | None = None) -> EnrolmentAnswer:
        """Withdraw an enrolment that should never have existed."""
        return self._post_idempotent(EnrolmentAnswer, "/v1/enrolments/withdraw", request, key)

    def confirm_mismatch(
        self, enrolment_id: UUID, key: str | None = None, *, reason: str | None = None
    ) -> ConfirmAnswer:
        """Confirm a member's items although they differ from the register, or are contested (with a reason)."""
        request = ConfirmRequest(enrolment_id=enrolment_id, reason=reason)
        return self._post_idempotent(ConfirmAnswer, "/v1/mismatches/confirm", request, key)

    def unlink_person(self, request: UnlinkRequest, key: str | None = None) -> UnlinkAnswer:
        """Unlink a member from a wrongly linked person."""
        return self._post_idempotent(UnlinkAnswer, "/v1/enrolments/unlink", request, key)

    def register_tickets(self, request: TicketsRequest, key: str | None = None) -> TicketsAnswer:
        """Register or replace medical tickets of a welfare office's recipients."""
        return self._post_idempotent(TicketsAnswer, "/v1/medical-tickets", request, key)

    def search_members(self, request: MemberSearch) -> FoundMembers:
        """Find own members by number."""
        return self._call(FoundMembers, "/v1/members/search", request)

    def member(self, enrolment_id: UUID) -> MemberHistory:
        """Every version of a member."""
        return self._get(MemberHistory, f"/v1/members/{enrolment_id}")

    def mismatches(self, after: str | None = None) -> Mismatches:
        """A page of the mismatch queue."""
        return self._get(Mismatches, "/v1/mismatches", after=after)

    def changes(self, after: str | None = None, limit: int | None = None) -> Changes:
        """A page of the change feed."""
        return self._get(Changes, "/v1/changes", after=after, limit=limit)

    def statistics(self) -> Statistics:
        """The insurer's statistics."""
        return self._get(Statistics, "/v1/statistics")

    def paper_certificates(
        self, after: str | None = None, since_month: str | None = None
    ) -> PaperCertificates:
        """A page of the members who need a paper certificate."""
        return self._get(PaperCertificates, "/v1/paper-certificates", after=after, since_month=since_month)

    def apply_for_paper(self, request: PaperApplicationRequest) -> PaperApplicationAnswer:
        """Record a member's application for a paper certificate."""
        return self._call(PaperApplicationAnswer, "/v1/paper-certificates/applications", request)

    def withdraw_paper_application(self, request: PaperApplicationRequest) -> PaperWithdrawalAnswer:
        """Withdraw a member's application for a paper certificate."""
        path = "/v1/paper-certificates/applications/withdraw"
        return self._call(PaperWithdrawalAnswer, path, request)

    def deregister(self, request: DeregistrationRequest) -> DeregistrationAnswer:
        """End the use of a member's card at the end of the next month."""
        return self._call(DeregistrationAnswer, "/v1/deregistrations", request)

    def deregistration_applications(self, after: str | None = None) -> DeregistrationApplications:
        """A page of the members who asked on their own page to end the use of their card."""
        return self._get(DeregistrationApplications, "/v1/deregistration-applications", after=after)

    def withdraw_deregistration(self, request: DeregistrationRequest) -> DeregistrationWithdrawalAnswer:
        """Withdraw a deregistration before it takes effect."""
        return self._call(DeregistrationWithdrawalAnswer, "/v1/deregistrations/withdraw", request)

    def upload(
        self,
        pieces: Iterable[bytes],
        *,
        format: FileFormat = FileFormat.CSV,
        encoding: FileEncoding = FileEncoding.AUTO,
        scope: FileScope = FileScope.FULL,
        bad_rows: BadRows = BadRows.SKIP,
        publish: Publish = Publish.AT_ONCE,
    ) -> UploadAnswer:
        """Stream a member file."""
        query = {
            "format": format,
            "encoding": encoding,
            "scope": scope,
            "bad_rows": bad_rows,
            "publish": publish,
        }
        headers = {"Content-Type": _MEDIA_TYPES[format]}
        response = self._send(_UPLOADS, stream=pieces, query=query, headers=headers, token=self.sign_in())
        return self._read(UploadAnswer, response)

    def upload_status(self, upload_id: str) -> UploadAnswer:
        """The status of an upload."""
        return self._get(UploadAnswer, f"{_UPLOADS}/{upload_id}")

    def upload_faults(self, upload_id: str, after: str | None = None) -> UploadFaults:
        """A page of an upload's faults."""
        return self._get(UploadFaults, f"{_UPLOADS}/{upload_id}/faults", after=after)

    def approve_upload(self, upload_id: str, reason: str) -> UploadAnswer:
        """Approve a held file; needs an approver's key."""
        return self._call(UploadAnswer, f"{_UPLOADS}/{upload_id}/approve", Decision(reason=reason))

    def reject_upload(self, upload_id: str, reason: str) -> UploadAnswer:
        """Reject a file that is not published."""
        return self._call(UploadAnswer, f"{_UPLOADS}/{upload_id}/reject", Decision(reason=reason))

    def publish_upload(self, upload_id: str) -> UploadAnswer:
        """Publish a checked file."""
        return self._read(UploadAnswer, self._send(f"{_UPLOADS}/{upload_id}/publish", token=self.sign_in()))

    def undo_upload(self, upload_id: str, reason: str) -> UploadAnswer:
        """Undo a published file."""
        return self._call(UploadAnswer, f"{_UPLOADS}/{upload_id}/undo", Decision(reason=reason))

    def correction_list(self, upload_id: str) -> CorrectionList:
        """The facilities that received values which were withdrawn since."""
        return self._get(CorrectionList, f"{_UPLOADS}/{upload_id}/correction-list")

    def send_claims(self, pieces: Iterable[bytes]) -> ClaimsAnswer:
        """Stream a claim file."""
        headers = {"Content-Type": "application/octet-stream"}
        response = self._send(CLAIMS_PATH, stream=pieces, headers=headers, token=self.sign_in())
        return self._read(ClaimsAnswer, response)

    def claims_status(self, file_id: str) -> ClaimsAnswer:
        """The status of a claim file."""
        return self._get(ClaimsAnswer, f"{CLAIMS_PATH}/{file_id}")

    def claims_faults(self, file_id: str, after: str | None = None) -> ClaimsFaults:
        """A page of a claim file's faults."""
        return self._get(ClaimsFaults, f"{CLAIMS_PATH}/{file_id}/faults", after=after)

    def send_checkups(self, request: CheckupsRequest) -> CheckupsAnswer:
        """Send members' health check-ups."""
        return self._call(CheckupsAnswer, "/v1/health-checkups", request)
