"""The fund's published interface: what a terminal, an insurer or a vendor needs to talk to it.

Wire models, code tables, the error catalogue, the bytes that a card signs, and a thin client. Nothing here knows
the server's inside; the other organisations of this repository import this package and nothing else of the fund.
"""
