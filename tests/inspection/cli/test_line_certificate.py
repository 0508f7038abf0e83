"""`inspection line certificate`: an engineer lets a partner in."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import SettingsError
from inspection.line.opcua.certificates import CertificateFault, Certificates

SETTINGS = """
name = "slitter-2"
recipe = "anode"

[[cameras]]
kind = "simulated"

[doors.plc]
kind = "opcua"
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(SETTINGS)
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["line", "certificate", *map(str, arguments)], catch_exceptions=False)


def test_a_certificate_is_made_once_shown_and_made_anew_on_request(config):
    first = run("--config", config).output
    certificates = Certificates(config.parent / "state" / "doors" / "plc")
    assert str(certificates.certificate) in first.replace("\n", "")
    held = certificates.certificate.read_bytes()
    assert certificates.key.stat().st_mode & 0o077 == 0
    run("--config", config)
    assert certificates.certificate.read_bytes() == held
    run("--config", config, "--new", "--host", "10.0.0.5", "--host", "vision-2")
    assert certificates.certificate.read_bytes() != held


def test_a_rejected_partner_is_let_in_by_its_fingerprint(config, tmp_path):
    run("--config", config)
    certificates = Certificates(config.parent / "state" / "doors" / "plc")
    line = Certificates(tmp_path / "line")
    told = line.make("urn:line", "the line's PLC")
    with pytest.raises(CertificateFault):
        certificates.check(line.certificate.read_bytes())
    assert f"rejected  {told}" in run("--config", config).output
    shown = run("--config", config, "--trust", told[:8]).output
    assert f"trusted   {told}  CN=the line's PLC" in shown
    certificates.check(line.certificate.read_bytes())


def test_what_is_not_there_is_said(config):
    with pytest.raises(SettingsError, match="fingerprint"):
        run("--config", config, "--trust", "00")
    with pytest.raises(SettingsError, match="no door mes"):
        run("--config", config, "--door", "mes")


def test_certificates_of_trusted_partners_may_be_pem_files(config, tmp_path):
    run("--config", config)
    certificates = Certificates(config.parent / "state" / "doors" / "plc")
    line = Certificates(tmp_path / "line")
    line.make("urn:line", "line")
    read = x509.load_der_x509_certificate(line.certificate.read_bytes())
    (certificates.trusted / "line.pem").write_bytes(read.public_bytes(Encoding.PEM))
    (certificates.trusted / "broken.der").write_bytes(b"-----BEGIN nothing")
    certificates.check(line.certificate.read_bytes())
