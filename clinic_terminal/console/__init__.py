"""Input and output at a command line: questions, screens, JSON reports and the table of outcomes. No rules."""
