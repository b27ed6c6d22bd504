"""Load tests of members and claims with fake clients of the insurers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eligibility_api.contract.claims import ClaimsFault, ClaimsState
from eligibility_api.contract.uploads import UploadState
from payer_mock.load import claims as load_claims
from payer_mock.load import members as load_members
from payer_mock.load.claims import send_claim_files
from payer_mock.load.environment import LoadError
from payer_mock.load.insurers import InsurerCredentials, InsurerPool, largest_first
from payer_mock.load.members import upload_members
from payer_mock.load.report import ClaimsLoadReport, UploadRound
from tests.unit.payer_mock.builders import credential

INSURERS = ("01130012", "06130017", "138057")


def upload(state: UploadState, proposed: int = 0, **more: Any) -> Any:
    usual = {
        "upload_id": "u1",
        "refusal": None,
        "duplicate_of": None,
        "known_from": None,
        "undone_from": None,
    }
    report = SimpleNamespace(rows=10, bad_rows=1, proposed=proposed)
    return SimpleNamespace(state=state, **(usual | {"report": report} | more))


@dataclass
class FakeCredentials:
    """Clients whose uploads have given states by insurer; records the calls."""

    states: dict[str, Any] = field(default_factory=dict)
    published: UploadState = UploadState.PUBLISHED
    proposed: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def client(self, insurer_number: str, *, as_approver: bool = False) -> Iterator[Any]:
        def call(name: str, answer: Any) -> Callable[..., Any]:
            def run(*_: object) -> Any:
                self.calls.append((insurer_number, f"{name}{' as approver' if as_approver else ''}"))
                return answer

            return run

        done = upload(self.published, self.proposed, refusal="row-limit")
        checked = self.states.get(insurer_number, upload(UploadState.CHECKED))
        yield SimpleNamespace(
            upload=call("upload", checked),
            approve_upload=call("approve", done),
            publish_upload=call("publish", done),
            send=call("send", checked),
            confirm=call("confirm", self.proposed),
        )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A file per insurer, the last one the largest."""
    monkeypatch.setattr(load_members, "send_upload", lambda client, file, _: client.upload(file))
    monkeypatch.setattr(load_members, "confirm_proposals", lambda client: client.confirm())
    monkeypatch.setattr(load_claims, "send_claims", lambda client, file: client.send(file))
    monkeypatch.setattr(
        load_claims, "insurer_of_claims", lambda file: file.stem if file.stem.isdigit() else None
    )
    made = []
    for size, insurer in enumerate(INSURERS):
        file = tmp_path / f"{insurer}.csv"
        file.write_text("insurer_number\n" + f"{insurer}\n" * (size + 1))
        made.append(file)
    return made


def uploaded(files: list[Path], credentials: FakeCredentials) -> UploadRound:
    return upload_members(files, credentials)  # type: ignore[arg-type]


def test_proposals_are_confirmed_by_their_insurer_once_everything_is_published(files: list[Path]) -> None:
    credentials = FakeCredentials(proposed=4)
    result = uploaded(files, credentials)
    assert result.proposals == 4 * len(INSURERS)
    assert Counter(credentials.calls[-len(INSURERS) :]) == Counter(
        (insurer, "confirm") for insurer in INSURERS
    )
    assert result.confirmed_after >= result.published_after


def test_every_file_is_checked_and_then_published_by_its_insurer(files: list[Path]) -> None:
    credentials = FakeCredentials()
    result = uploaded(files, credentials)
    assert Counter(credentials.calls) == Counter(
        (insurer, call) for insurer in INSURERS for call in ("upload", "publish")
    )
    assert (result.rows, result.bad_rows, result.held) == (30, 3, 0)
    assert 0 < result.checked_after <= result.published_after
    assert result.checked_per_s >= result.published_per_s > 0


def test_a_held_file_is_approved_by_a_second_person(files: list[Path]) -> None:
    credentials = FakeCredentials({"138057": upload(UploadState.HELD)})
    assert uploaded(files, credentials).held == 1
    assert ("138057", "approve as approver") in credentials.calls
    assert ("138057", "publish") not in credentials.calls


def test_a_file_that_the_fund_has_already_is_not_published_again(files: list[Path]) -> None:
    credentials = FakeCredentials({"138057": upload(UploadState.PUBLISHED, duplicate_of="u0", report=None)})
    assert uploaded(files, credentials).rows == 20
    assert ("138057", "publish") not in credentials.calls


@pytest.mark.parametrize(
    ("states", "published", "message"),
    [
        ({"138057": upload(UploadState.REFUSED, refusal="file-truncated")}, UploadState.PUBLISHED, "138057.csv: refused (file-truncated)"),
        ({}, UploadState.REFUSED, "upload of [0-9]+: refused (row-limit)"),
    ],
)  # fmt: skip
def test_a_refused_file_ends_the_load_with_its_reason(
    files: list[Path], states: dict[str, Any], published: UploadState, message: str
) -> None:
    with pytest.raises(LoadError, match=message.replace("(", r"\(").replace(")", r"\)")):
        uploaded(files, FakeCredentials(states, published))


def test_a_file_without_an_insurer_is_named(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("name\nx\n")
    with pytest.raises(LoadError, match=r"other\.csv has no insurer number"):
        uploaded([*files, other], FakeCredentials())
    with pytest.raises(LoadError, match=r"other\.csv has no insurer number"):
        send_claim_files(ClaimsLoadReport(10), [other], FakeCredentials())  # type: ignore[arg-type]


def claims(state: ClaimsState = ClaimsState.DONE, **more: Any) -> Any:
    report = SimpleNamespace(claims=100, accepted=98, unmatched=2, faults={ClaimsFault.DUPLICATE: 2})
    return SimpleNamespace(
        state=state, **({"file_id": "f1", "refusal": None, "known_from": None, "report": report} | more)
    )


def test_claims_and_faults_of_all_files_are_added_up(files: list[Path]) -> None:
    report = ClaimsLoadReport(10)
    answers = {insurer: claims() for insurer in INSURERS}
    send_claim_files(report, files, FakeCredentials(answers))  # type: ignore[arg-type]
    assert (report.files, report.claims, report.good, report.unmatched) == (3, 300, 294, 6)
    assert report.faults == Counter({ClaimsFault.DUPLICATE.value: 6})
    assert not report.clean
    assert report.claims_per_s > 0


@pytest.mark.parametrize(
    "answer", [claims(ClaimsState.REFUSED, refusal="file-truncated"), claims(report=None)]
)
def test_a_claim_file_that_was_not_stored_ends_the_load(files: list[Path], answer: Any) -> None:
    with pytest.raises(LoadError, match=r"138057\.csv"):
        send_claim_files(ClaimsLoadReport(10), [files[2]], FakeCredentials({"138057": answer}))  # type: ignore[arg-type]


def test_the_largest_file_is_sent_first(files: list[Path]) -> None:
    assert largest_first(files) == files[::-1]


def test_once_a_thread_has_failed_the_others_stop_at_their_next_wait() -> None:
    pool = InsurerPool()
    pool.wait(0.0)

    def fail() -> None:
        with pool.executor():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(LoadError, match="another insurer's thread failed"):
        pool.wait(0.0)


@pytest.mark.parametrize(("as_approver", "name"), [(False, "programs/payer"), (True, "approvers/approver")])
def test_the_credential_of_a_load_is_that_of_program_or_approver(
    tmp_path: Path, as_approver: bool, name: str
) -> None:
    path = tmp_path / f"{name}-01130012.json"
    path.parent.mkdir()
    credential().save(path)
    credentials = InsurerCredentials("http://127.0.0.1:1", tmp_path / "programs", tmp_path / "approvers")
    with credentials.client("01130012", as_approver=as_approver) as client:
        assert client is not None
    with pytest.raises(OSError, match="138057"), credentials.client("138057", as_approver=as_approver):
        raise AssertionError
