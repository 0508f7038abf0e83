from tests.support.review_fixtures import plant

__all__ = ["plant"]
