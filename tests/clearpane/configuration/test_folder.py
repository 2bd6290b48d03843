"""The files of rules/ that are optional: security rules, and the password that settings name.

What every file of rules/ has in common is tested with `load`.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sites import Site

OVERRIDE = "url-admin-override: {password-file: secret.txt}\n"
PLACE = "rules/settings.yaml:1:37: error: "


def test_without_security_rules_there_are_none(site: Site) -> None:
    assert site.load().security is None


def test_security_rules_come_into_force(site: Site) -> None:
    site.write("security.yaml", "rules: [{name: all, action: allow}]\n")
    policy = site.load()
    assert policy.security is not None
    assert [rule.name for rule in policy.security.rules] == ["all"]
    assert "rules/security.yaml" in policy.files


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            "",
            "rules/security.yaml:1:1: error: the file is empty "
            "(write `rules: []` if only what stays in its zone may pass)",
            id="a save caught halfway",
        ),
        pytest.param("{}", "rules/security.yaml:1:1: error: rules is missing", id="no rules"),
        pytest.param(
            "rules: [{name: all}]",
            'rules/security.yaml:1:9: error: rule "all": action is missing',
            id="a rule without an action",
        ),
        pytest.param(
            "rules: [{name: a, action: deny, from: [trsut]}]",
            'rules/security.yaml:1:40: error: rule "a": from: there is no zone trsut '
            '(did you mean "trust"?)',
            id="a zone that does not exist",
        ),
    ],
)
def test_security_rules_that_are_refused(site: Site, text: str, error: str) -> None:
    site.write("security.yaml", text)
    assert site.errors() == [error]


def test_security_rules_that_were_in_force_may_not_vanish(site: Site) -> None:
    path = site.write("security.yaml", "rules: [{name: all, action: deny}]\n")
    before = site.load()
    path.unlink()
    assert site.errors(before) == [
        "rules/security.yaml: error: this file was in force and is gone (put it back; a restart "
        "goes on without it, and then everything is allowed)"
    ]


def secret(site: Site, text: str = "open sesame\n", mode: int = 0o600) -> None:
    site.write("settings.yaml", OVERRIDE)
    site.write("decryption.yaml", "rules: [{name: all, action: decrypt}]\n")
    site.write("secret.txt", text).chmod(mode)


def test_only_a_hash_of_the_password_is_kept(site: Site) -> None:
    assert site.load().override is None
    secret(site, "open sesame\nand a note\n")
    policy = site.load()
    assert policy.override and policy.override.matches("open sesame")
    assert not policy.override.matches("open sesame\n")
    assert "sesame" not in repr(policy)
    assert "rules/secret.txt" in policy.files
    again = site.load(policy).override
    assert again and again.salt != policy.override.salt


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(
            lambda path: path.chmod(0o644),
            "others than its owner can read the file rules/secret.txt (mode 0644) "
            "(chmod 600 rules/secret.txt)",
            id="readable by others",
        ),
        pytest.param(
            lambda path: path.write_text("\nopen sesame"),
            "there is no password in the first line of rules/secret.txt (write one)",
            id="an empty first line",
        ),
        pytest.param(
            lambda path: path.write_text(""),
            "there is no password in the first line of rules/secret.txt (write one)",
            id="an empty file",
        ),
        pytest.param(
            Path.unlink,
            "the file rules/secret.txt does not exist "
            "(its path counts from the folder of the rules)",
            id="no file",
        ),
        pytest.param(
            lambda path: (path.unlink(), os.mkfifo(path)),
            "the file rules/secret.txt is no plain file (name a file)",
            id="a pipe",
        ),
    ],
)
def test_a_password_that_is_refused(
    site: Site, change: Callable[[Path], object], error: str
) -> None:
    secret(site)
    change(Path("rules/secret.txt"))
    assert site.errors() == [PLACE + error]
