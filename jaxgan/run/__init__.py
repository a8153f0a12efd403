"""What a run directory holds, and how a run ends."""
