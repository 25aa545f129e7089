"""adcompile.frontend"""
