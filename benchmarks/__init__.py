"""Ours against the PyTorch that a lecture would show: ``python -m benchmarks``."""
