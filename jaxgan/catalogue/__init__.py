"""What there is, in words: every row of every table, from what it says of itself."""
