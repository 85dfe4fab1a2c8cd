"""Why a carrier event is refused."""


class InvalidSignatureError(Exception):
    """The carrier event is not signed by the carrier, or its timestamp is outside the tolerance."""


class MalformedEventError(Exception):
    """The carrier event is signed but cannot be understood."""
