"""What a person can mend."""


class Problem(Exception):
    """Told to the person as it is: what is wrong, with which value, and what to do. No traceback belongs to it."""
