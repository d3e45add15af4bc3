"""The values of the security dashboard, read from the tables and the metrics; renders nothing."""
