"""What a long call is at: stages that the code reports, and bars or lines that show them."""

from .display import aside, say, showing
from .epochs import training
from .stages import Stage

__all__ = ["Stage", "aside", "say", "showing", "training"]
