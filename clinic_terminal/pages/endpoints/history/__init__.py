"""HTTP: the pages of a patient's history, for pharmacists, doctors and dentists."""
