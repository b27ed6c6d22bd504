"""Answers the messages of the clinic's software (レセコン): request message, calls of the fund, result message.

Knows neither folders nor HTTP: `exchange/folder/` and `exchange/web/` carry the messages, `exchange/paper/` prints them.
"""
