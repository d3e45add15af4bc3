"""Who is logged in over SSH: proved by sshd's own processes, and remembered for a day."""
