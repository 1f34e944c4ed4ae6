"""Our own Asterisk as rows and settings want it: written into its folder, read again, read back."""
