"""History: medicines, treatments, surgery, diagnoses and check-ups under a permit."""
