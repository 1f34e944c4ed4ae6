"""Lists of leads from files: read, checked row by row, taken in the background."""
