"""Reads and validates member files, without any call of the fund."""
