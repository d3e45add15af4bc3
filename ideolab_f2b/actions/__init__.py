"""What fail2ban-server loads. The only importers of fail2ban; standard library otherwise."""
