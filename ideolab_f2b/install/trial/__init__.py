"""Tries on a throw-away server whether this fail2ban starts with the pack."""
