"""The sources of the page: what each is worth now, and what to do where it is nothing."""
