"""The reference model: a second implementation of `docs/rules.md` that shares no code with the fund.

It replays a list of events and answers from the result. It is clear and slow on purpose: optimisations belong
to the fund, and the property tests compare the two.
"""
