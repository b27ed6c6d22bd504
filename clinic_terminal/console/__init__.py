"""The desk at a command line: questions, what is printed, what a program reads. No rule is here."""
