"""Each connection of a snapshot gets a phase, and connections are counted by address and phase."""
