"""A trained generator for other programs: a function of named arrays, in forms that they read."""
