"""What the company wants of every dial, and of those outside campaigns."""
