"""Load tests: a synthetic population's member files and claims, sent by an insurer's ordinary calls."""
