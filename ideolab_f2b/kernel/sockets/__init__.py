"""TCP sockets over netlink's sock_diag: dump them, look at details, destroy them."""
