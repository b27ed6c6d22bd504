"""Emergency: permits to look without consent, with a reason and on record; in an emergency, and in disaster mode."""
