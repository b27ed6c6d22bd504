"""The one visual language of all screens, and the web security under them.

Style sheets, templates, icons, charts, texts, log-in and sessions. Imports no organisation; every organisation may
import it.
"""
