"""Triton kernels; import a module of this package only where there is a GPU or the interpreter."""
