"""nginx's syslog datagrams become one safe line each for fail2ban, floods a few lines; bans nobody."""
