"""The ban action: a ticket of fail2ban becomes an element of a kernel set."""
