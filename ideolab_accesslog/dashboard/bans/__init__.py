"""The newest bans, and whose the banned addresses are."""
