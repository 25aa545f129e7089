"""adcompile.backend"""
