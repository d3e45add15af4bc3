"""The country list: from which countries a connection may be opened, or may not."""
