"""Answers the messages of a receipt computer (レセコン): request message, calls of the fund, result message.

Knows neither folders nor HTTP: `exchange/folder/` and `exchange/web/` carry the messages, `exchange/paper/` prints them.
"""
