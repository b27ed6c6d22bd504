"""Consent: permits with the patient's signed words as evidence, and the check of every access."""
