"""Runs all organisations on one machine, for the demo and the end-to-end tests. Imports none of them."""
