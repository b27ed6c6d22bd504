"""Reads member files as spreadsheets and programs write them: from bytes to valid rows and faults.

The fund and insurers' programs read them with this same code. Read is what can be meant in one way only; the
rest is a fault, in words in `member_rules.toml`. Nothing here accesses a database or the network.
"""
