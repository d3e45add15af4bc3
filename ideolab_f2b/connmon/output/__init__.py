"""Suspects become log lines, events, metrics and a table."""
