"""Receipts (レセプト) as insurers hold them: real receipt files, written by hand or out of a synthetic country."""
