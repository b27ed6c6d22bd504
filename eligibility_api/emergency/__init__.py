"""Access without consent: permits with a recorded reason, in an emergency and in disaster mode."""
