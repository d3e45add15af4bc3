"""Snapshots of connections become suspects: phases, counts, points."""
