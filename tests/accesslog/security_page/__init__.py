"""The security dashboard in a real browser, on a real server, with what the site answers chosen by each test."""
