"""The patient's own view (本人による閲覧): one-time codes at a terminal, and the pages on her own device.

A patient is no client. Each of her requests has the token of a session, and every statement takes the person from
the session's row in the database: no code here can name another person.
"""
