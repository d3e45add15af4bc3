"""Whose an address is: AS, name, country, announced prefix. Never called from a thread of fail2ban's own."""
