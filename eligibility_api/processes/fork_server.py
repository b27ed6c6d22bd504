"""Imported by the fork server at last: from now on it ends with the service, and what it has imported is no garbage."""

from __future__ import annotations

from eligibility_api.processes.process import die_with_parent, exclude_from_garbage_collection, name_process

die_with_parent()
name_process("fund-forks")
exclude_from_garbage_collection()
