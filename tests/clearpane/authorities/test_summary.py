from dataclasses import replace
from datetime import datetime, timedelta

from clearpane.authorities.authority import Authority
from clearpane.authorities.summary import summarise
from clearpane.certificates.certificate import Certificate


def test_what_is_told_of_an_authority(trust: Authority, now: datetime) -> None:
    summary = summarise(trust.certificate, "forward-trust", "ca/forward-trust.crt", now)
    assert summary.subject == summary.issuer == "CN=Test Forward Trust"
    assert summary.days_left == 3650
    assert summary.key == "ECDSA P-256"
    assert int(summary.serial, 16) == trust.certificate.serial
    assert summary.fingerprint == trust.certificate.fingerprint
    assert datetime.fromisoformat(summary.not_after) == trust.certificate.not_after
    assert datetime.fromisoformat(summary.not_before) == trust.certificate.not_before


def test_the_text_fits_a_terminal(trust: Authority, now: datetime) -> None:
    text = summarise(trust.certificate, "forward-trust", "ca/forward-trust.crt", now).text
    assert text.startswith("forward-trust\n")
    assert "3650 days left" in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_expired_authority_says_so(trust: Authority, now: datetime) -> None:
    later = now + timedelta(days=4000)
    summary = summarise(trust.certificate, "forward-trust", "f", later)
    assert summary.days_left < 0
    assert "(expired)" in summary.text


def test_dates_that_cannot_be_read_are_empty(trust: Authority, now: datetime) -> None:
    certificate: Certificate = replace(trust.certificate, not_before=None, not_after=None)
    summary = summarise(certificate, "forward-trust", "f", now)
    assert (summary.not_before, summary.not_after) == ("", "")
