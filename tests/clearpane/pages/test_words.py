"""Every reason is a sentence, with what is known filled in and nothing made up."""

from datetime import UTC, datetime

import pytest

from clearpane.pages.words import _SENTENCES, Facts, sentence, sentences

FULL = Facts(
    host="www.example",
    names=("a.example", "b.example", "c.example", "d.example"),
    issuer="CN=Some CA",
    missing_issuer="CN=Middle CA",
    not_before=datetime(2027, 1, 2, tzinfo=UTC),
    not_after=datetime(2026, 3, 14, tzinfo=UTC),
    alert="unknown ca",
)


@pytest.mark.parametrize("reason", list(_SENTENCES))
@pytest.mark.parametrize("facts", [Facts(), FULL], ids=["nothing known", "all known"])
def test_each_is_a_whole_sentence(reason: str, facts: Facts) -> None:
    text = sentence(reason, facts)
    assert text[0].isupper() and text.endswith(".")
    assert not set("{}") & set(text) and "None" not in text and "  " not in text


@pytest.mark.parametrize(
    ("reason", "bare", "full"),
    [
        ("expired", "certificate expired.", "certificate expired on 14 March 2026."),
        ("not-yet-valid", "not yet valid.", "not yet valid, but from 2 January 2027."),
        (
            "name-mismatch",
            "for another name.",
            "for another name: a.example, b.example, c.example and others.",
        ),
        ("unknown-issuer", "trusted here.", "trusted here: it names CN=Some CA."),
        ("incomplete-chain", "not known here.", "not known here: CN=Middle CA."),
        (
            "client-rejected-certificate",
            "did not accept the certificate.",
            "did not accept the certificate: unknown ca.",
        ),
    ],
)
def test_what_is_known_is_named(reason: str, bare: str, full: str) -> None:
    assert sentence(reason).endswith(bare)
    assert sentence(reason, FULL).endswith(full)


def test_an_unknown_reason_stands_for_itself() -> None:
    assert sentence("something-new\r\n") == "Reason: something-new��."


def test_an_outsiders_braces_and_lines_stay_text() -> None:
    assert sentence("unknown-issuer", Facts(issuer="O={missing}\r\nX")).endswith("O={missing}��X.")


def test_several_reasons_follow_each_other() -> None:
    text = sentences(["expired", "revoked"], FULL)
    assert text == (
        "The server's certificate expired on 14 March 2026. "
        "The server's certificate was revoked by its authority."
    )
