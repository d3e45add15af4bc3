"""The country list in a table of nf_tables of its own."""
