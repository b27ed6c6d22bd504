"""The one visual language of all screens and papers, and the web security under them.

Style sheets, templates, icons, charts, texts, log-in and sessions, and the font of PDF papers. Imports no organisation;
every organisation may import it.
"""
