"""The machine that everything runs on: which processes work there, what they cost, on which core (Linux's /proc)."""
