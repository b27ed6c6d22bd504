"""The naive model: the rules of an answer a second time, written from `docs/rules.md`, sharing nothing with the fund.

A list of events is replayed plainly and asked. Clear and slow is right here: what is clever belongs to the fund, and
the property tests hold the two against each other.
"""
