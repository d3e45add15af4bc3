"""A ticket that is an AS number: what it bans, what it must pass, and its many elements."""
