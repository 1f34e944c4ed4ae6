"""Why is it not dialing? For a campaign the way of its leads to the next dial; for a lead every rule."""
