"""The security dashboard in a real browser, on a real server; each test chooses what data/ answers."""
