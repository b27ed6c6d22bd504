"""The client of J-LIS: certificate status, holders and the resident register."""
