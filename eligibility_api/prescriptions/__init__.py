"""Prescriptions: prescriptions and dispensings told at once (電子処方箋), until the claim takes their place."""
