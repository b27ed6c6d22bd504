"""The fund's answers as FHIR R4 resources with JP Core's profiles, beside the plain interface."""
