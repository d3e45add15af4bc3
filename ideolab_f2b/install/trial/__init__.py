"""Whether this fail2ban starts with the pack, tried on a throw-away server."""
