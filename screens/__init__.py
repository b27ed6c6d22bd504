"""The one visual language of all screens and papers, and the web security under them.

Style sheets, templates, icons, charts, texts, log-in and sessions, the font of PDF papers, and what the `--help` of all
commands has in common. Imports no organisation;
every organisation may import it.
"""
