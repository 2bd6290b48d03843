"""The shipped list is data that parses, each entry once."""

from clearpane.rulebase.exclusions import key
from clearpane.rulebase.predefined import ENTRIES


def test_every_entry_is_a_name_and_stands_once() -> None:
    keys = [key(name) for name, _ in ENTRIES]

    assert len(set(keys)) == len(keys) > 90


def test_reasons_are_given_where_a_source_tells_and_unknown_elsewhere() -> None:
    told = {name: reason for name, reason in ENTRIES if reason != "unknown"}

    assert told == {
        "*.whatsapp.net": "pinned-cert",
        "bos.oscar.aol.com": "client-cert-auth",
        "kdc.uas.aol.com": "client-cert-auth",
        "*.agni.lindenlab.com": "client-cert-auth",
    }


def test_certificate_names_stand_beside_host_names() -> None:
    assert {"AnyDesk Client", "AnyNet Relay", "*.icloud.com"} <= {name for name, _ in ENTRIES}
