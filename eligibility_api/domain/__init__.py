"""The rules of `docs/rules.md` as pure functions of frozen values: no I/O, no clock, no framework."""
