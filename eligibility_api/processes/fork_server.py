"""Imported by the fork server at first: it ends with the service, and what it imports later is no garbage.

Without looking for garbage, the imports take a fifth less time.
"""

from __future__ import annotations

import gc
import os

from eligibility_api.processes.process import die_with_parent, exclude_from_garbage_collection, name_process

die_with_parent()
name_process("fund-forks")
gc.disable()
os.register_at_fork(before=exclude_from_garbage_collection, after_in_child=gc.enable)
