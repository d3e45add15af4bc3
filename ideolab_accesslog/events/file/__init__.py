"""The files of events: lines, positions, rotations, rejected lines, and waiting for a change."""
