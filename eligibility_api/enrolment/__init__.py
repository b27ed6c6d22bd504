"""Enrolment: the members that insurers send, bitemporal (insured days, and when known)."""
