"""`loadtest run`: visits that arrive by a schedule, independent of answers; their latencies, errors and a verdict."""
