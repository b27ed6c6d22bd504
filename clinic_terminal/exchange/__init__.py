"""The exchange of messages with the clinic's software: folders, the web face, papers."""
