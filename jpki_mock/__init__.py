"""Simulates J-LIS (地方公共団体情報システム機構): certificate authority, resident register, cards and their emulator."""
