"""What is wrong with a consent string, whichever standard it claims to follow."""

WHY = {
    "empty": "there is nothing in it",
    "too_long": "it is longer than any real one",
    "not_base64url": "it holds a character that base64url does not have",
    "segment_empty": "one of its segments is empty",
    "segment_unknown": "it has a segment of a type that does not exist",
    "segment_repeated": "it has two segments of the same type",
    "segment_misplaced": "a segment stands where another belongs",
    "version_1": "it is a TCF 1 string, which lost its meaning in 2020",
    "version_unknown": "it is of a version that does not exist",
    "cut_short": "it ends in the middle of a field",
    "left_over": "it goes on after its last field",
    "vendor_zero": "it names vendor 0, and they count from 1",
    "vendor_beyond_max": "it names a vendor beyond the highest it announces",
    "range_backwards": "a range in it ends before it begins",
    "restriction_unknown": "it restricts a purpose, or in a way, that does not exist",
    "value_unknown": "a field in it has a value that does not exist",
    "header_malformed": "its header is not one of the Global Privacy Platform",
    "sections_miscounted": "it does not have the sections that its header announces",
    "us_privacy_malformed": "it is not four characters such as 1YNN",
}


class BrokenConsent(ValueError):
    """The string is not what it claims to be, so it consents to nothing.

    `reason` is a key of `WHY`, which has the words for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(WHY[reason])
        self.reason = reason
