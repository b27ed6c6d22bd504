"""Papers of a history as PDF (FileCategory 1 and 3): A4, in Japanese, readable and searchable everywhere."""
