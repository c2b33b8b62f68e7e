def nothing(found):
    """Fails with one line for each thing found."""
    text = "\n".join(sorted(set(found)))
    assert not text, text
