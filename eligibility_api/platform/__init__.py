"""Settings, keys, private files, clock, operator errors and telemetry, used by all packages above."""
