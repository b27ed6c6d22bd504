"""History: medicines, treatments, diagnoses and check-ups under a permit; the drug master with the names of medicines."""
