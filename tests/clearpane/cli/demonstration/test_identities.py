import ssl
import stat
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from clearpane.cli.clock import now
from clearpane.cli.demonstration import identities
from clearpane.cli.demonstration.identities import DAY


@pytest.fixture
def moment() -> datetime:
    return now().replace(microsecond=0)


def test_a_server_has_its_name_its_dates_and_its_issuer(moment: datetime) -> None:
    root = identities.authority("Root", moment)
    found = identities.server(root, "www.example", moment - DAY, moment + DAY).certificate
    found.verify_directly_issued_by(root.certificate)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.example"]
    assert found.not_valid_before_utc == moment - DAY
    assert found.not_valid_after_utc == moment + DAY


def test_a_name_may_be_longer_than_a_common_name(moment: datetime) -> None:
    name = f"{'a' * 60}.{'b' * 60}.example"
    root = identities.authority("Root", moment)
    found = identities.server(root, name, moment, moment + DAY).certificate
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [name]


def test_the_file_is_for_its_owner_alone_and_loads(tmp_path: Path, moment: datetime) -> None:
    root = identities.authority("Root", moment)
    path = identities.server(root, "www.example", moment, moment + DAY).write(tmp_path / "one.pem")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
