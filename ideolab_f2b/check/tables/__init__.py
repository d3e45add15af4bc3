"""The tables that bans are made from: whether they are there where they are needed, and how old they are."""
