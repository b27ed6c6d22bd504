"""Who does something by command: the operating-system user."""

from __future__ import annotations

import os
import pwd

import pytest

from eligibility_api.audit_log.acts import MAX_USER_LENGTH, operating_user

ME = pwd.getpwuid(os.getuid()).pw_name


def test_the_user_is_the_processes_own_whatever_the_environment_names() -> None:
    assert operating_user({"USER": "nobody", "LOGNAME": "nobody", "SUDO_USER": "nobody"}) == ME


@pytest.mark.parametrize(
    ("caller", "named"),
    [
        ("0", f"root (sudo: {pwd.getpwuid(0).pw_name})"),
        ("4000000001", "root (sudo: uid 4000000001)"),
        ("", "root"),
        ("-1", "root"),
        ("١", "root"),
        ("9" * 11, "root"),
    ],
)
def test_behind_sudo_the_caller_is_named_too(
    monkeypatch: pytest.MonkeyPatch, caller: str, named: str
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert operating_user({"SUDO_UID": caller}) == named


def test_only_the_superuser_is_called_by_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_002)
    assert operating_user({"SUDO_UID": "0"}) == "uid 4000000002"


def test_a_name_is_recorded_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = pwd.struct_passwd(("名" * 1_000, "x", 7, 7, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    monkeypatch.setattr(os, "getuid", lambda: 7)
    assert operating_user({}) == "名" * MAX_USER_LENGTH
