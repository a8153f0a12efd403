"""What a run would be, told without being it."""
