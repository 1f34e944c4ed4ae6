"""Finding or unpacking an Asterisk, writing its configuration from `asterisk-config/`, running it."""
