"""Writes claim files (レセプト) in the real format, from a description or from a synthetic population; and check-ups."""
