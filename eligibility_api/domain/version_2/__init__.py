"""Rule version 2, whole: answers recorded under it are recomputed by it. Nothing here changes any more.

It shares with the present rules what they do not decide: the stored values, the published models and code tables, and
what facilities of each kind may do. `docs/rules.md` lists in which rules it differs.
"""
