"""The HTTP service of J-LIS: public revocation lists and OCSP, and the register for the fund only."""
