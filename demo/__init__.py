"""What `scripts/demo` shows: slow attackers against a web server that the pack protects."""
