"""The course's version: written into every run, report and model card."""

__version__ = "0.1.0"
