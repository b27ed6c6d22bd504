"""Visits that arrive by a schedule: levels, plans, what a visit does, and the statistics of its answers.

The schedule does not depend on answers.
"""
