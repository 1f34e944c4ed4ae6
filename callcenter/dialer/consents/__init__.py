"""What customers agreed to, with its proof, and what they took back."""
