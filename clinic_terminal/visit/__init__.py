"""The session of a card at the reader: tap, registration and consent. Knows no console."""
