"""The insurer's enrolment desk: screens for its clerks, on this machine (`payer-mock serve`).

No rule is written here: the fund decides, and `payer_mock.actions` sends.
"""
