"""Which learning rates and penalty weights begin best, by a few minutes of each."""
