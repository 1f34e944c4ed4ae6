"""The pages of campaigns: their list, the editor with its summary, and the view of one that runs."""
