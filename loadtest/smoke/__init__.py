"""`loadtest smoke`: a few terminals tap for some seconds, and every answer is checked.

Tests correctness, not speed.
"""
