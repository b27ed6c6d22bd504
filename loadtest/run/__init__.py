"""`loadtest run`: a scenario against a stack, with a fault or none; its latencies, errors and a verdict."""
