"""What pharmacists, doctors and dentists see of a patient's history, under the consent of a visit of today."""
