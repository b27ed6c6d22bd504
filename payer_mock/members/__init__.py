"""Files about members, read and checked. Nothing here knows the fund's address or what it answers."""
