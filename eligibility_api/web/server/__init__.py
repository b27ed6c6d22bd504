"""The HTTP server's protocol with limits for every connection and request, shared fairly between clients."""
