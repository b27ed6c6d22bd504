"""Member files: taken in streaming, checked by sets, published as one revision, undone by another."""
