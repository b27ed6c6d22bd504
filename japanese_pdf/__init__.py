"""A font for Japanese PDF papers, embedded in each document. Shared by the organisations; imports none of them."""
