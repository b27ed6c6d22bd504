"""Synthetic population: insurers, the households insured with them, and monthly changes.

Seeded, streaming, any size.
"""
