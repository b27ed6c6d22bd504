"""References: a facility's own numbers for persons (照会番号), which come back with its later answers."""
