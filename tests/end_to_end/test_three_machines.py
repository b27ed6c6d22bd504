"""Every command of docs/three-machines.md, as it is written, on three machines that one makes (`tests/builders/machines.py`)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.machines import NAMES, ROOT, Machines, machines, what_is_missing
from tests.depth import DEEP

GUIDE = (ROOT / "docs" / "three-machines.md").read_text(encoding="utf-8")
GUIDE_JA = (ROOT / "docs" / "three-machines.ja.md").read_text(encoding="utf-8")
STEP_SECONDS = 300.0
RELEASE = "/root/release"


def blocks(text: str) -> list[str]:
    """The commands of a guide, block by block."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


FUNCTIONS, PROGRAMS, SECRETS, ETCD, DATABASE, FUND, LOSE, BACK_UP, RESTORE, VERIFY, UPGRADE = blocks(GUIDE)

WITHOUT_TLS = (
    ("hostssl ", "host "),
    ('ssl: "on"', 'ssl: "off"'),
    ("sslmode: verify-ca, sslrootcert: /etc/shikaku/ca.pem", "sslmode: disable"),
    ("sslmode=verify-full&sslrootcert=/etc/shikaku/ca.pem", "sslmode=disable"),
)
"""The embedded PostgreSQL, which runs here, is built without TLS."""

FACILITIES = {"before": "1311111114", "by noon": "0110113719", "afterwards": "1310100126"}
"""Facilities by when they are admitted."""


def without_tls(text: str) -> str:
    for former, new in WITHOUT_TLS:
        text = text.replace(former, new)
    return text


def test_both_languages_have_the_same_commands() -> None:
    assert blocks(GUIDE_JA) == blocks(GUIDE)


def test_what_is_tried_without_tls_stands_in_the_files_with_it() -> None:
    written = GUIDE + (ROOT / "deploy" / "patroni.yml").read_text(encoding="utf-8")
    assert [former for former, _ in WITHOUT_TLS if former not in written] == []


@pytest.fixture
def three() -> Iterator[Machines]:
    """The machines, with the release's folder as an operator has it."""
    if not DEEP:
        pytest.skip("three machines, minutes; `make deep PART=failover`")
    if (reason := what_is_missing()) is not None:
        pytest.skip(reason)
    folder = Path(
        tempfile.mkdtemp(prefix="shikaku-machines-", dir="/dev/shm")
    )  # layers need a file system in memory
    release = {
        f"deploy/{path.name}": without_tls(path.read_text(encoding="utf-8"))
        for path in (ROOT / "deploy").iterdir()
        if path.is_file()
    }
    wheels = {f"shikaku-{version}-py3-none-any.whl": "" for version in ("0.2.0", "0.3.0")}
    try:
        with machines(folder, release | wheels) as running:
            make_trust = (
                "JPKI_HOME=/root/jlis $ENVIRONMENT/jpki-mock devices authority\ncp /root/jlis/trust/*.pem ."
            )
            running.run("db1", f". /etc/stand-ins\n{make_trust}", STEP_SECONDS, RELEASE)
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def step(three: Machines, block: str) -> str:
    """Run a block of the guide where its commands run: in the release's folder of the first machine."""
    return three.run("db1", without_tls(f"{FUNCTIONS}\n{block}"), STEP_SECONDS, RELEASE)


def admit(three: Machines, name: str) -> None:
    """Admit a facility: something that a restored database has, or lacks."""
    options = f"--name '{name}' --institution-code {FACILITIES[name]} --out '/var/lib/shikaku/{name}.json'"
    step(three, f"fund eligibility-api facility add {options}")


def admitted(three: Machines) -> set[str]:
    """The facilities that the primary knows."""
    psql = "runuser -u postgres -- /usr/lib/postgresql/18/bin/psql -h /var/run/postgresql -XAt -d shikaku"
    return set(
        step(three, f"ssh root@$(leader) \"{psql} -c 'SELECT name FROM facility'\" </dev/null").splitlines()
    )


def let_noon_pass(three: Machines) -> None:
    """Call a second yesterday noon, and wait for the next one."""
    noon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    (three.folder / "machines" / "yesterday-noon").write_text(noon.isoformat())
    while datetime.now(UTC) < noon + timedelta(seconds=1):
        three.run("db1", "sleep 0.1", STEP_SECONDS)


def test_an_operator_who_copies_the_commands_has_a_fund_that_loses_a_machine_is_restored_and_upgraded(
    three: Machines,
) -> None:
    for block in (PROGRAMS, SECRETS, ETCD, DATABASE, FUND):
        step(three, block)
    assert step(three, "leader").strip() in NAMES

    admit(three, "before")
    former = step(three, "leader")
    step(three, LOSE)
    assert step(three, "leader") != former
    assert admitted(three) == {"before"}

    step(three, BACK_UP)
    admit(three, "by noon")
    let_noon_pass(three)
    admit(three, "afterwards")
    assert admitted(three) == {"before", "by noon", "afterwards"}

    step(three, RESTORE)
    assert admitted(three) == {"before", "by noon"}
    step(three, VERIFY)

    step(three, UPGRADE)
    assert admitted(three) == {"before", "by noon"}
    assert step(three, "on readlink /opt/shikaku").split() == ["shikaku-0.3.0"] * 3
