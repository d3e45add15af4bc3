"""nf_tables over netlink: transactions, tables, chains, rules, and hash sets with timeouts."""
