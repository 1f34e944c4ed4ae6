"""The simulated telephone network: a second Asterisk that plays the carrier, and phones that answer."""
