"""Input and output at a command line: questions, screens, JSON reports, outcomes. No rules."""
