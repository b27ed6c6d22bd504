"""Keys are rotated in a running fund: clients' keys, and the fund's own by its commands."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities.service import renew_key
from eligibility_api.key_watch import KeyWatch
from eligibility_api.platform.key_ring import LEAD, OVERLAP
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.token_requests import token_request

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-4000-8000-000000000000"


async def signs_in(fund: Fund, credential: Credential) -> bool:
    """Whether a client gets a token with this credential."""
    response = await fund.http.post("/v1/token", data=token_request(credential, fund.clock()))
    if response.status_code == 200:
        return True
    assert (response.status_code, response.json()["code"]) == (401, "assertion-invalid")
    return False


@pytest.fixture
async def terminal(fund: Fund) -> Credential:
    """A terminal whose rotation needs no certificate of J-LIS."""
    return await fund.terminal(rights=(Right.ELIGIBILITY,))


async def test_a_client_signs_in_with_its_former_key_until_the_next_but_one(
    fund: Fund, command: Command, terminal: Credential, tmp_path: Path
) -> None:
    credentials = [terminal]
    accepted = [[True, True], [False, True, True], [False, False, False, True]]
    for number, (more, expected) in enumerate(zip([(), (), ("--only",)], accepted, strict=True)):
        out = tmp_path / f"{number}.json"
        done = await command("client", "rotate", terminal.client_id, "--out", str(out), *more)
        assert (done.code or 0, done.out.strip()) == (0, terminal.client_id), done.err
        credentials.append(Credential.load(out))
        assert [await signs_in(fund, credential) for credential in credentials] == expected
        record = (await fund.records())[-1]
        assert (record["kind"], str(record["client_id"])) == ("admission.key", terminal.client_id)
        detail = json.loads(record["detail"])
        assert detail["only"] is bool(more)
        assert detail["key"] not in json.dumps(credentials[-1].private_key)
        assert record["institution_code"] == terminal.institution_code
    assert {credential.institution_code for credential in credentials} == {terminal.institution_code}


async def test_a_new_key_of_a_terminal_for_visual_checks_is_certified(fund: Fund) -> None:
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY, Right.VISUAL_CHECK))
    async with fund.owner.transaction() as connection:
        renewed = await renew_key(
            connection,
            fund.state.jlis,
            audience=terminal.audience,
            client_id=UUID(terminal.client_id),
            only=False,
        )
    assert renewed is not None
    assert renewed.visual_check_certificate not in (None, terminal.visual_check_certificate)
    person = await fund.insured()
    assert (await fund.tap(person.card, renewed)).status_code == 200


async def test_an_insurers_program_and_a_closed_client(
    fund: Fund, command: Command, terminal: Credential, tmp_path: Path
) -> None:
    out = tmp_path / "new.json"
    assert not (await command("client", "rotate", fund.insurer.client_id, "--out", str(out))).code
    assert await signs_in(fund, Credential.load(out))
    assert await signs_in(fund, fund.insurer)
    assert not (await command("client", "close", terminal.client_id)).code
    for client in (terminal.client_id, NOBODY):
        failed = await command("client", "rotate", client, "--out", str(tmp_path / "none.json"))
        assert (failed.code, failed.err) == (1, "There is no admitted client with this id.\n")
    assert not (tmp_path / "none.json").exists()


async def test_a_credential_that_cannot_be_written_leaves_the_former_keys(
    fund: Fund, command: Command, terminal: Credential, tmp_path: Path
) -> None:
    earlier = len(await fund.records())
    (tmp_path / "file").touch()
    assert (await command("client", "rotate", terminal.client_id, "--out", str(tmp_path / "file" / "x"))).code
    assert await signs_in(fund, terminal)
    assert len(await fund.records("kind = 'admission.key'")) == len(
        [record for record in (await fund.records())[:earlier] if record["kind"] == "admission.key"]
    )


async def test_taps_go_on_while_the_funds_own_keys_are_rotated(fund: Fund, command: Command) -> None:
    """Tokens and challenges from before a rotation stay valid, and those of after it are of the new keys."""
    person, state = await fund.insured(), fund.state
    watch = KeyWatch(state.settings, fund.clock, state.tokens, state.verifier)

    async def taps() -> None:
        assert (await fund.tap(person.card)).status_code == 200

    challenge = await fund.challenge()
    former = (await fund.token(fund.clinic)).split(".")[0], state.verifier.keys.current
    for name in ("token", "challenge"):
        done = await command("keys", f"rotate-{name}")
        assert not done.code, done.err
        assert "the former one is accepted until" in done.out
    watch.refresh()
    await taps()
    assert state.verifier.keys.current == former[1], "its time has not come"

    fund.clock.offset = LEAD + timedelta(seconds=1)  # the tokens in the clients' memory stay
    watch.refresh()
    await taps()
    assert state.verifier.keys.current != former[1]
    assert state.verifier.purpose(challenge) == "eligibility"
    fund._tokens.clear()
    assert (await fund.token(fund.clinic)).split(".")[0] != former[0]
    await taps()

    fund.clock.offset = LEAD + OVERLAP + timedelta(seconds=1)
    watch.refresh()
    assert set(state.verifier.keys.keys) == {state.verifier.keys.current}


async def test_a_lost_key_is_refused_at_once_and_a_client_signs_in_again(
    fund: Fund, command: Command
) -> None:
    state = fund.state
    watch = KeyWatch(state.settings, fund.clock, state.tokens, state.verifier)
    person, token = await fund.insured(), await fund.token(fund.clinic)
    done = await command("keys", "rotate-token", "--at-once")
    assert "no former one is accepted" in done.out
    watch.refresh()
    headers = {"Authorization": f"Bearer {token}"}
    refused = await fund.http.post(
        "/v1/presence/challenges", json={"purpose": "eligibility"}, headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "token-invalid")
    fund._tokens.clear()
    assert (await fund.tap(person.card)).status_code == 200


async def test_a_key_may_not_begin_before_every_process_has_read_it(command: Command) -> None:
    assert (await command("keys", "rotate-token", "--lead", "4")).code == 2
