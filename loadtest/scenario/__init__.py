"""`loadtest run`: visits that arrive by a schedule; their latencies, errors and a verdict.

The schedule does not depend on answers.
"""
