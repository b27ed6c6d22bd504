"""Receipt files of insurers: taken in streaming, read in parts, kept for the history as they are."""
