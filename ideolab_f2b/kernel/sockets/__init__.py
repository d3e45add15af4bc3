"""TCP sockets over netlink's sock_diag: dump them, read their details, destroy them."""
