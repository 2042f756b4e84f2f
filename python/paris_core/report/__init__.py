"""A report of one run of the outer loop: a single HTML file that needs nothing else."""

from .answering import Answer, answer
from .explaining import explain_row
from .writing import write_report

__all__ = ["Answer", "answer", "explain_row", "write_report"]
