"""What can be wrong with a provider or its events. Only the table of errors needs this without the rest."""


class InvalidSignatureError(Exception):
    """The carrier event is not signed by the carrier, or its timestamp is outside the tolerance."""


class MalformedEventError(Exception):
    """The carrier event is signed but cannot be understood."""


class UnknownProviderError(Exception):
    """No adapter has this name."""
