"""Counts become points, and points above a threshold make suspects: addresses and networks."""
