"""The report action: bans become events and metrics, without delaying a ban."""
