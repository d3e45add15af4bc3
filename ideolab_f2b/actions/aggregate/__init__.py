"""A prefix follows the single bans of a jail where they fill much of it, and nobody else is in it."""
