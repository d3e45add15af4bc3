"""The verbs `ban` and `unban`: what a person decides, through fail2ban, with the kernel's word on it."""
