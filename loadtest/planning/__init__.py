"""`loadtest plan`: measures the cost of each request, and computes the resources that a level requires."""
