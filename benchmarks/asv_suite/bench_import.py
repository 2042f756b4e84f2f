"""What `import paris_core` costs, in a fresh process, beside what it stands on."""

from __future__ import annotations


class Import:
    params = (["numpy", "paris_core"],)
    param_names = ("module",)
    number = 1  # the second import of a process is free

    def timeraw_import(self, module):
        return f"import {module}"
