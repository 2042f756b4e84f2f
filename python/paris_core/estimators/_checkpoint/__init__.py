"""The state of a fit in a file: written, read, and looked at before it is believed."""
