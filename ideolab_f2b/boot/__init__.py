"""What a boot puts in force before the network is up: the bans of fail2ban's database in the sets of its jails."""
