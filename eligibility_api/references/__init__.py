"""Reference numbers: a facility's own numbers for persons (照会番号), returned with its later answers."""
