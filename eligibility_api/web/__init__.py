"""HTTP infrastructure: middleware, problem answers, headers, entity tags and page cursors."""
