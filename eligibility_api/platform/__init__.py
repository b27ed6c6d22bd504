"""Infrastructure of every capability: settings, keys, clock, private files, telemetry."""
