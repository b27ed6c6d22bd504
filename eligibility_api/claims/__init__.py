"""Claim files (レセプト) of insurers: received as a stream, parsed in parts, stored unchanged for histories."""
