"""What every capability stands on: settings, database, clock, randomness, problem answers, telemetry."""
