"""Decides which lines go on to fail2ban: whose client is not served, within a flood, within a log's bytes."""
