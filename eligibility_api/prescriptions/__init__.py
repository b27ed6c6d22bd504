"""Prescriptions and dispensings recorded at once (電子処方箋), until their claim replaces them."""
