"""History: medicines, treatments, diagnoses and check-ups under a permit, and the drug master that names medicines."""
