"""nginx's syslog datagrams -> one safe line each for fail2ban, floods collapsed; bans nobody."""
