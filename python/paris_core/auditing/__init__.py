"""Which training rows are wrong: groups of them, what is wrong, and a model without them."""

from .result import AuditResult
from .running import audit, trainings

__all__ = ["AuditResult", "audit", "trainings"]
