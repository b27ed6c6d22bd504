"""Faults on demand: real incidents, injected into a running load.

Each has the expected behaviour of the fund. Every fault is injected after a third of the run and removed
after two thirds, so that one run shows before, during and after.
"""
