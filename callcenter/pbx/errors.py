"""What keeps an Asterisk from running, as a sentence for the person at the terminal."""


class PbxError(Exception):
    """The text says what is missing or wrong and what to do about it."""


class PortInUse(PbxError):
    """Somebody else listens where an Asterisk of ours should."""

    def __init__(self, instance: str, port: int, protocol: str, setting: str) -> None:
        super().__init__(
            f"Port {port} ({protocol}) that the {instance} Asterisk needs is in use by another program."
            f" Stop that program, or choose another port with {setting}."
        )
        self.port = port
        self.setting = setting
