"""Greedy deletion of training rows and of whole groups, and how many to delete."""

from .choosing import CrossValidation, choose_k, choose_k_groups
from .groups import prune_groups
from .pruner import Pruner
from .rows import prune

__all__ = ["CrossValidation", "Pruner", "choose_k", "choose_k_groups", "prune", "prune_groups"]
