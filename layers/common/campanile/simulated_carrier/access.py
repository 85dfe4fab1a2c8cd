"""Who may use the carrier's routes: the platform of this deployment, by a token derived from its secret."""

from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError

from campanile.simulated_carrier import wiring
from campanile.telephony.signing import is_authorized


def require_platform(authorization: str | None) -> None:
    """UnauthorizedError (401) unless the Authorization header carries the deployment's token."""
    if not is_authorized(authorization, wiring.secret()):
        raise UnauthorizedError("this route takes the platform's own token")
