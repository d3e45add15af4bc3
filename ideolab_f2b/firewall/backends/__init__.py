"""The two ways to hold bans in the kernel: ipset with iptables, and nf_tables alone."""
