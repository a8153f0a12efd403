"""What a trained run is used for; its doors are sample, translate, film and evaluate."""
