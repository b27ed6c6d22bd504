"""Eligibility: a person's insurance on a day, by card or by number."""
