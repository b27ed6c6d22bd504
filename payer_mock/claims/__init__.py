"""Writes claim files (レセプト) in the real format, and health check-ups.

From a description, or from a synthetic population.
"""
