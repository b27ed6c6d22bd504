"""The resident register: residents, person keys, matching by attributes, synthetic residents."""
