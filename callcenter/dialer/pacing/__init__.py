"""How many lines to place now. Pure: events with their moments in, numbers and their reasons out.

`pacer.Pacer` is the door. Moments are seconds since the epoch, as floats.
"""
