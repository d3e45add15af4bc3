"""Users of a project's own: a UUID for a key, an e-mail address for a name, and a __str__ that raises."""
