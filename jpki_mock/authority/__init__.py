"""The certificate authorities: keys, profiles, issuing, validity, revocation, CRL and OCSP."""
