"""Networks and autonomous systems in which bans cluster: it proposes them, and never bans."""
