"""Insurers (保険者) and their client program: member files, claims, health check-ups and papers for members."""
