"""The resident register: who lives where, who is behind a certificate, and synthetic people to fill it."""
