"""The pages of a patient's history for pharmacists, doctors and dentists: under the consent of a visit of today."""
