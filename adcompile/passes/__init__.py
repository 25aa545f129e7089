"""adcompile.passes"""
