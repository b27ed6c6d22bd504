"""A minimal HTTP/1.1 client for load generation: persistent connections, bytes in and bytes out."""
