# Types of the compiled pixels; the words are in `pixels_cy.pyx`.
from hotpath.access import AccessBook
from hotpath.ledger_cy import Ledger
from hotpath.server_replies import Replies

def amount_micros(amount: bytes) -> int: ...

class Pixels:
    def __init__(self, ledger: Ledger, access: AccessBook, replies: Replies) -> None: ...
