"""An Asterisk in memory with AMI and ARI, by the dialplan contract; `service.Simulator` is the whole."""
