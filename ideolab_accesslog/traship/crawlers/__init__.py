"""Crawlers of search engines: who says to be one, and who is one by the names of its address."""
