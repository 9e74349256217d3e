"""docs/reference, written from the models themselves: ``python -m reference``. A test fails when the two differ."""
