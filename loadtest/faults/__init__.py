"""Faults on demand: what went wrong in reality, inflicted on a running load, each with what is expected of the fund.

`expectation.py` says it as data, `judging.py` holds what was seen against it; the others inflict. Every fault is inflicted
at a third of the run and lifted at two thirds, so that there is a before and an after in the same run.
"""
