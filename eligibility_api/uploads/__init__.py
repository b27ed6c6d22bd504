"""Member files: received as a stream, checked by set operations, published as one revision."""
