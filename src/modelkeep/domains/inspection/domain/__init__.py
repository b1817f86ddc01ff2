"""What is known of model files, and how it is read from their bytes."""
