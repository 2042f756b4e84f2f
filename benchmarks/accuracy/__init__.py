"""How accurate the core is: experiments whose reference is computed in 50 digits.

`benchmarks/numerics.py` runs them and makes docs/numerics.md of what they find.
"""
