"""Bans, unbans and checks: what is wanted, and what the firewall answered."""
