"""What a tick found as log lines, events, metrics and a table."""
