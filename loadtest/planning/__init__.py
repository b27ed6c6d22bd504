"""`loadtest plan`: the measured cost of each request, and from it, by printed arithmetic, the resources that a level requires."""
