"""What each connection of a snapshot is doing, and how many of each address do so."""
