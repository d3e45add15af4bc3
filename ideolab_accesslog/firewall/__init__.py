"""Bans, unbans and checks: what is wanted, what the firewall answered, and how the two are compared.

One call is a straight line: `calls` parses and refuses, `intents` writes the rows in one transaction, at its
commit one of the `transports` runs for all addresses, `answers` stores what it said.
"""
