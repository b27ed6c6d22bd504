"""Presence: challenges, proofs, revocation, and which certificate is whose."""
