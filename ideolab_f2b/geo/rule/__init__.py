"""The country list in the kernel: put in force, tried out for a time, paused, put back, removed."""
