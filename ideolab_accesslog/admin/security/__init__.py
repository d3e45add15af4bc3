"""The security dashboard: its page, its data, the page of one address or network, and the bans from it."""
