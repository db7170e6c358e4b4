"""``hotloop tiles``: a picture larger than memory."""
