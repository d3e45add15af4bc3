"""Honest clients: each kind from its own address, as people, programs and devices really behave."""
