"""The enrolment desk: what is done with members at the fund, and the report about it. It knows no console."""
