"""Bans by hand, and the bans that fail2ban and the kernel hold, side by side."""
