"""Tables that the commands print for people, Japanese first. Output only: nothing here asks for input."""
