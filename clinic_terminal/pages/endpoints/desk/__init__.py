"""HTTP: the pages of the reception."""
