"""What an insurer's program does at the fund: single enrolments, member files, claim files.

No console output here.
"""
