"""The errors of this package, each with a sentence for users.

A sentence names no person, PIN or number. The command line prints it and exits with 2; the service turns it
into a problem response (`service/problems.py`).
"""


class JlisError(Exception):
    """Base class of all refusals by J-LIS."""

    status = 400
    """The HTTP status of the service's response."""

    @property
    def sentence(self) -> str:
        """The sentence for the user."""
        return str(self)


class InvalidInput(JlisError):
    """A value has the wrong form."""


class NotFound(JlisError):
    """There is no such resident, certificate or certificate authority."""

    status = 404


class NotAllowed(JlisError):
    """The rules of the register or of the certificates do not allow it now."""

    status = 409


class Unauthorized(JlisError):
    """The caller is not authenticated."""

    status = 401
