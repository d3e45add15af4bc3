"""Keeps what connmon saw each day, and suggests thresholds: to try the pack before it bans anybody."""
