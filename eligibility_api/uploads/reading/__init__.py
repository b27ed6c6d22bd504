"""From a file's bytes to checked rows. Pure: no database, no clock, no waiting."""
