from tests.fuzz.beside import beside
from tests.support.serving import serve

__all__ = ["beside", "serve"]
