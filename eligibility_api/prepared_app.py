"""Imported by the fork server: builds the application once for all workers, which takes each of them a second else."""

from __future__ import annotations

from eligibility_api.app import prepare

prepare()
