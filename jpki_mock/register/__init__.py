"""The resident register: residents, person keys, matching by attributes, and generated synthetic residents."""
