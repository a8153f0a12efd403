"""A run as a page to look at: one file, that asks for nothing outside of it."""
