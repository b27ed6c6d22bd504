"""Verification of card proofs as far as it needs no database: challenge, certificate, signature."""
