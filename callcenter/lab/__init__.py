"""The simulated telephone network: a carrier Asterisk that answers by dialled number and places calls."""
