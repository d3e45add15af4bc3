"""Puts back into the kernel what fail2ban holds, and lifts what it does not hold."""
