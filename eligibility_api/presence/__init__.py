"""Proof of presence: challenges, proof checks, the revocation mirror, and card bindings."""
