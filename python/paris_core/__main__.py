"""Run the command line: ``python -m paris_core``."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
