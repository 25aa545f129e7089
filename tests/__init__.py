"""The tests of adcompile; the folders mirror the package."""
