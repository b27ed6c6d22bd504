"""Claim files (レセプト) of insurers: received as a stream, parsed in parts, stored for histories."""
