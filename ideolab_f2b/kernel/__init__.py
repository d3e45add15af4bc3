"""Everything that speaks netlink. Knows nothing of jails, phases or scores."""
