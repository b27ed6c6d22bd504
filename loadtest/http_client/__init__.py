"""The line to the fund, as lean as a generator needs it: HTTP/1.1 over kept connections, bytes in and bytes out."""
