"""Addresses and networks whose connections do what only an attacker's do, with the reasons."""
