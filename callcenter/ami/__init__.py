"""The only room that speaks to Asterisk: connection, decoding, control, resync, simulator, recordings."""
