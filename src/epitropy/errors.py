"""The few exceptions epitropy raises on purpose.

Broken input and broken numerics raise; physics saying "no" (no lattice match, a cell dead at cycle 3) is a value.
"""


class EpitropyError(ValueError):
    """One clear line: where, what was given, what is allowed, what to do."""

    def __init__(self, where: str, given: str, allowed: str, remedy: str = "") -> None:
        self.where, self.given, self.allowed, self.remedy = where, given, allowed, remedy
        line = f"{where}: {given}; allowed: {allowed}" if allowed else f"{where}: {given}"
        super().__init__(f"{line}. {remedy}" if remedy else line)

    def __reduce__(self) -> tuple:
        """Errors cross process borders whole."""
        return type(self), (self.where, self.given, self.allowed, self.remedy)


class InputError(EpitropyError):
    """What the user gave cannot be used as it stands."""


class NumericsError(EpitropyError):
    """A solver did not deliver a result that can be trusted."""
