"""What of the pack stands in the kernel: sets, the list of them, the DROP rule."""
