"""A nation's load: member files of a synthetic country, uploaded by the same calls as any insurer's, and measured."""
