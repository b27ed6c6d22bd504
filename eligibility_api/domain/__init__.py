"""The rules, as pure functions of frozen values: no I/O, no clock of their own, no framework."""
