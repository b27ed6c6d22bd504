"""The client of J-LIS: revocation lists, certificate status, holders and the resident register."""
