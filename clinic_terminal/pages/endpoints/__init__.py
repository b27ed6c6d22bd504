"""HTTP: the pages of the desk, the history, the reader and the operators, by the site's state."""
