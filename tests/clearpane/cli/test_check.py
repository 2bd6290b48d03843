import shutil
from collections.abc import Callable

import pytest

from clearpane.certificates.certificate import Certificate
from clearpane.cli import main
from clearpane.cli.clock import now
from sites import Site

type Check = Callable[..., tuple[int, list[str]]]

# Eight mistakes in two files; each says its place and, where there is one, its cure.
DECRYPTION = """\
rules:
  - name: one
    source: [10.0.0.0/33]
    action: decrpyt
  - name: two
    destinaton: [any]
    action: decrypt
  - name: one
    action: no-decrypt
  - name: three
    service: [tcp/99999]
  - name: four
    profile: nosuch
    action: decrypt
  - name: five
    action: decrypt-and-forward
"""
PROFILES = """\
decryption:
  default: {}
  strict:
    ssl-forward-proxy: {block-expired-certificate: maybe}
"""
PLANTED = (
    "rules/decryption.yaml:3:14: error:",
    "rules/decryption.yaml:4:13: error:",
    "rules/decryption.yaml:6:5: error:",
    "rules/decryption.yaml:8:11: error:",
    "rules/decryption.yaml:11:15: error:",
    "rules/decryption.yaml:13:14: error:",
    "rules/decryption.yaml:16:13: error:",
    "rules/profiles.yaml:4:52: error:",
)


@pytest.fixture
def check(site: Site, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the verb: its exit code and its lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        code = main(["check", *arguments])
        return code, capsys.readouterr().out.splitlines()

    return run


def test_valid_rules_are_summed_up_in_the_last_line(site: Site, check: Check) -> None:
    shutil.rmtree(site.rules / "categories")
    site.write("categories/one.txt", "a.example\nb.example\n")
    site.write("decryption.yaml", "rules: [{name: all, category: [one], action: decrypt}]\n")
    site.write("settings.yaml", "{}\n")
    code, lines = check()
    assert code == 0
    assert lines[-1].startswith("rules are valid: 1 rule, 1 category with 2 entries, ")


def test_security_rules_are_checked_and_counted(site: Site, check: Check) -> None:
    site.write("security.yaml", "rules: [{name: all, action: alow}]\n")
    code, lines = check()
    assert code == 1
    assert any(line.startswith("rules/security.yaml:1:29: error: rule") for line in lines)
    site.write("security.yaml", "rules: [{name: all, action: allow}]\n")
    code, lines = check()
    assert code == 0
    assert lines[-1].startswith("rules are valid: 2 rules, 1 security rule, ")


def test_warnings_alone_are_no_fault(site: Site, check: Check) -> None:
    site.write(
        "decryption.yaml",
        "rules:\n  - {name: all, action: no-decrypt}\n  - {name: never, action: decrypt}\n",
    )
    code, lines = check()
    assert code == 0
    assert any("rules/decryption.yaml:3:12: warning:" in line for line in lines)


def test_eight_mistakes_are_reported_in_one_go(site: Site, check: Check) -> None:
    site.write("decryption.yaml", DECRYPTION)
    site.write("profiles.yaml", PROFILES)
    code, lines = check()
    assert code == 1
    errors = [line for line in lines if ": error: " in line]
    assert sorted(line[: line.index("error:") + 6] for line in errors) == sorted(PLANTED)
    assert any('(did you mean "decrypt"?)' in line for line in errors)
    assert lines[-1].startswith("rules are not valid: 8 errors, ")


def test_one_error_is_one_error(site: Site, check: Check) -> None:
    site.write("decryption.yaml", "rules: [{name: all, action: decrpyt}]\n")
    code, lines = check()
    assert code == 1
    assert lines[-1].startswith("rules are not valid: 1 error, ")


def test_other_folders_can_be_named(site: Site, check: Check) -> None:
    site.rules.rename("policy")
    site.ca.rename("keys")
    assert check()[0] == 1
    assert check("--rules", "policy", "--ca", "keys")[0] == 0


def test_a_missing_folder_names_the_cure(site: Site, check: Check) -> None:
    code, lines = check("--rules", "nowhere")
    assert code == 1
    assert "clearpane init" in lines[0]


def test_inbound_certificates_are_listed_before_the_summary(site: Site, check: Check) -> None:
    server = Certificate.parse(site.protect("www", days=20, now=now()).der)
    rule = "{name: r, action: decrypt, type: ssl-inbound-inspection, certificates: www}"
    site.write("decryption.yaml", f"rules: [{rule}]\n")
    code, lines = check()
    end = f"{server.not_after:%Y-%m-%d}"
    assert code == 0
    assert lines[-2] == (
        f"inbound certificate www: CN=www.test, to {end}, SHA-256 {server.fingerprint}"
    )
    near = f"ca/inbound/www.crt: warning: the server's certificate expires on {end}, in 20 days ("
    assert [line for line in lines if line.startswith(near)]
    site.protect("www", days=60, now=now())
    assert not [line for line in check()[1] if line.startswith("ca/inbound")]


class TestBeforeTheFirstStart:
    @pytest.fixture(autouse=True)
    def _no_authorities(self, site: Site) -> None:
        shutil.rmtree(site.ca)

    def test_missing_authorities_are_no_fault(self, check: Check) -> None:
        code, lines = check()
        assert code == 0
        assert lines[-2].startswith("ca: warning: there are no authorities yet")
        assert lines[-1].startswith("rules are valid: ")

    def test_mistakes_in_rules_are_found_all_the_same(self, site: Site, check: Check) -> None:
        site.write("decryption.yaml", "rules: [{name: all, action: decrpyt}]\n")
        code, lines = check()
        assert code == 1
        assert [line.partition(": error: ")[0] for line in lines if ": error: " in line] == [
            "rules/decryption.yaml:1:29"
        ]

    def test_a_broken_anchor_is_found_all_the_same(self, site: Site, check: Check) -> None:
        (site.ca / "trusted-roots").mkdir(parents=True)
        (site.ca / "trusted-roots" / "own.pem").write_text("nothing")
        code, lines = check()
        assert code == 1
        assert any(line.startswith("ca/trusted-roots/own.pem: error: ") for line in lines)


def test_half_of_the_authorities_is_a_fault(site: Site, check: Check) -> None:
    (site.ca / "forward-untrust.key").unlink()
    code, lines = check()
    assert code == 1
    assert any(line.startswith("ca/forward-untrust.key: error: ") for line in lines)
