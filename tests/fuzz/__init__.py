"""A fuzzer of every public function: ``python -m tests.fuzz --minutes 10``.

A case is a sequence of public calls that a generator (``cases``) makes from choices (``source``):
tables (``arrays``) in all forms in which arrays come (``dress``), options, and things that are no
good argument (``spoil``). ``calls`` makes the calls and looks at what every call must obey: errors
name the argument, inputs stay as they are. ``checks`` looks at results, ``oracle`` judges every
deletion in long double. ``runner`` runs cases in processes of their own, so that a crash or a hang
is a finding like any other, and ``shrink`` makes a finding small. ``load`` flips bytes in files.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
if str(TESTS) not in sys.path:  # for the references of the tests, which are no package
    sys.path.append(str(TESTS))
