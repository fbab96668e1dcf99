"""edgegen: the command line and the contracts that the planes share."""

__version__ = "0.1.0"
