"""Checks what comes back with a boot: the services, the bans, and a saved firewall that holds our rule."""
