from __future__ import annotations

import pytest

from tests.servers import ServerProcess, shared_server


@pytest.fixture
def server() -> ServerProcess:
    return shared_server()


@pytest.fixture(scope="module")
def address() -> str:
    return shared_server().address
