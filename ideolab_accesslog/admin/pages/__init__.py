"""The pages beside the admin's lists: one address with its timeline, and the traffic."""
