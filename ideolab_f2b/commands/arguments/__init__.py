"""What several verbs take: addresses, networks, times and the file of the settings."""
