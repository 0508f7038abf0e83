"""Pages beyond this machine: encrypted with the plant's certificate, or not at all."""

import ssl

import httpx
import pytest
import trustme
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import SettingsError
from tests.inspection.pages.plant import PASSWORD, staff, start_pages

STATION = """
name = "plant"
recipe = "anode"
state_dir = "state"
[[cameras]]
kind = "simulated"
[pages]
certificate = "{certificate}"
key = "{key}"
"""


@pytest.fixture
def authority():
    return trustme.CA()


def settings_file(folder, authority, key_of=None):
    """station.toml with a certificate; `key_of`: another certificate, whose key is named instead of its own."""
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "plant.pem")
    (key_of or certificate).private_key_pem.write_to_path(folder / "plant.key")
    (folder / "station.toml").write_text(STATION.format(certificate="plant.pem", key="plant.key"))
    return folder / "station.toml"


@pytest.mark.process
def test_with_a_certificate_everything_is_encrypted(tmp_path, authority):
    settings = settings_file(tmp_path, authority)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    names = staff(tmp_path / "state")
    pages = start_pages(tmp_path, "--config", str(settings))
    try:
        assert pages.address.startswith("https://")
        with httpx.Client(
            base_url=pages.address, verify=ssl.create_default_context(cafile=tmp_path / "authority.pem")
        ) as client:
            answer = client.post("/login", data={"name": next(iter(names.values())), "password": PASSWORD})
            assert answer.status_code == 303
            set_ones = [each for each in answer.headers.get_list("set-cookie") if "max-age=0" not in each.lower()]
            assert set_ones
            assert all("; secure" in each.lower() and "; httponly" in each.lower() for each in set_ones)
            assert client.get("/", follow_redirects=True).status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(pages.address.replace("https", "http"))
    finally:
        pages.stop()


def test_a_key_of_another_certificate_is_refused_before_anything_is_served(tmp_path, authority):
    settings = settings_file(tmp_path, authority, key_of=authority.issue_cert("other.plant"))
    with pytest.raises(SettingsError, match="belong together"):
        CliRunner().invoke(app, ["pages", "--config", str(settings), "--port", "0"], catch_exceptions=False)
