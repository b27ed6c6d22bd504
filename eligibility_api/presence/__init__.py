"""Proof of presence: challenges, their verification, the revocation mirror, and the bindings of certificates to persons."""
