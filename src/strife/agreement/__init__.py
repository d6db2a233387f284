"""Agreement of annotators: how much, on what, and what to do where they differ."""

from strife.agreement.annotators import AgreementError, read_annotators
from strife.agreement.coefficients import cohen_kappa, fleiss_kappa, nominal_alpha
from strife.agreement.events import pair_events
from strife.agreement.guidance import Confusion, Example, Pattern
from strife.agreement.measuring import Agreement, Annotator, agree
from strife.agreement.values import Result, Value

__all__ = [
    "Agreement",
    "AgreementError",
    "Annotator",
    "Confusion",
    "Example",
    "Pattern",
    "Result",
    "Value",
    "agree",
    "cohen_kappa",
    "fleiss_kappa",
    "nominal_alpha",
    "pair_events",
    "read_annotators",
]
