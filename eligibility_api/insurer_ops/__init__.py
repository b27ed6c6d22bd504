"""The insurers' desk: what waits for their word, what has changed, how they serve, who saw what, who needs a paper."""
