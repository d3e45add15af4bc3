"""Puts the bans in force at a boot, before the network is up: from fail2ban's database into the sets."""
