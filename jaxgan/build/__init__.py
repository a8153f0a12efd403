"""From a config to functions, once."""
