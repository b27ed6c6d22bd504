"""Consent: what the patient allowed, until when, with her card's signature over the words; and the gate of every look."""
