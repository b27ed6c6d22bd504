"""A load generator: its assignment, a share of the load, and the schedule that it runs.

Generators are Locust's workers (`loadtest/conductor/`), on this machine or on others.
"""
