"""PyTorch modules as feature extractors; needs PyTorch, the extra ``torch``."""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "paris_core.features.torch needs PyTorch: pip install 'paris-core[torch]'"
    ) from error

from .extractor import TorchExtractor

__all__ = ["TorchExtractor"]
