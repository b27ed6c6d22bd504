"""The font of Japanese PDF papers, embedded in each document."""
