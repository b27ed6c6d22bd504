"""HTTP plumbing: middleware, problem answers, conditional answers and page cursors."""
