"""The one error family of this package: what J-LIS refuses, each with a sentence for people.

A sentence names no person, PIN or number. The command line prints it and exits 2; the service turns it into a
problem answer (`service/problems.py`).
"""


class JlisError(Exception):
    """Base of everything that J-LIS refuses."""

    status = 400
    """The HTTP status that fits, should the service have to say it."""

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        return str(self)


class InvalidInput(JlisError):
    """A value has the wrong form."""


class NotFound(JlisError):
    """No such resident, certificate or certificate authority."""

    status = 404


class NotAllowed(JlisError):
    """The rules of the register or of the certificates forbid it now."""

    status = 409


class Unauthorized(JlisError):
    """The caller did not prove who it is."""

    status = 401
