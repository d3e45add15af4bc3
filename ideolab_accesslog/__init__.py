"""Django app: access log, TrashIP, and bans through fail2ban. Nothing here runs at import or in ready()."""
