"""Writes the findings of a tick as log lines, events, metrics and a table."""
