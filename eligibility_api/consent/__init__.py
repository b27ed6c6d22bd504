"""Consent: what the patient allowed and until when, with her card's signature over the words; the check of every access."""
