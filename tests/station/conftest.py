import logging

import pytest
import structlog


@pytest.fixture(autouse=True, scope="package")
def quiet_logs():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()
