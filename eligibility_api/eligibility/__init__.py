"""Eligibility: the insurance valid on a day, asked by card or by number."""
