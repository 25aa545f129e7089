"""adcompile.ir"""
