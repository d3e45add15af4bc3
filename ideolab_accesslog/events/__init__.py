"""The import of connmon_events.jsonl: from the file to the rows, each line once."""
