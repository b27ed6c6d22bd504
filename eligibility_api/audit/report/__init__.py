"""The system auditor's report over a period: who accessed what and why, what was refused, and who acted on the fund."""
