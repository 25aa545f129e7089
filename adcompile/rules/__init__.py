"""adcompile.rules"""
