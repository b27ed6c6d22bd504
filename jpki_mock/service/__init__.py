"""What J-LIS offers over HTTP: revocation lists and OCSP to everybody, the register to the fund alone."""
