"""A synthetic country: insurers, households insured with them, and a month of their life. Seeded, streaming, any size."""
