"""What every room stands on: errors, tables, keys of random numbers, files."""
