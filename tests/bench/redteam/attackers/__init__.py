"""Attackers who have read the pack: each kind holds slots of nginx and looks like somebody else."""
