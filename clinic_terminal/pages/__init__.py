"""The terminal's screens for browsers on this machine, in the process that runs all day: the desk, and its log-in.

Everything that they show comes from `visit`, `queries`, `store` and the tables of `console`: no rule is here twice.
"""
