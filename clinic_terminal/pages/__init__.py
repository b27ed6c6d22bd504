"""The terminal's screens for browsers on this machine, in the process that runs all day.

`desk/`, `history/` and `reader/` know what their screens show, and no HTTP; `site.py` is the state of all of them, built from
these; `endpoints/` answers browsers by it. Everything that they show comes from `visit`, `queries`, `store` and the tables of
`console`: no rule is here twice.
"""
