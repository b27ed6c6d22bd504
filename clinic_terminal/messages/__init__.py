"""The messages that a clinic's software exchanges with the terminal, as typed models, and their codecs.

Files and web calls have the same messages (XML and JSON). `registry` lists them by the prefix of their files. The
modules `eligibility`, `references`, `bulk`, `history` and `checkups` declare their elements; `docs/messages.md` is
generated from these declarations. One generic walk (`tree`) serves both codecs. What a message means, and which
calls of the fund answer it, is the matter of `clinic_terminal.exchange`.
"""
