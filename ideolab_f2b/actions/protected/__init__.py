"""Who is never banned, and why."""
