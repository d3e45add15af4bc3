"""Who has an address: AS, name, country, announced prefix. A look-up never runs in fail2ban's own threads."""
