"""The fund's published interface, for terminals, insurers and vendors.

Wire models, code tables, the error catalogue, the bytes that a card signs, and a thin client. This package
does not depend on the server; the other organisations of this repository import only this package of the
fund.
"""
