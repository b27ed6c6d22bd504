"""What people read at the command line, Japanese first. Screens show; they ask nobody."""
