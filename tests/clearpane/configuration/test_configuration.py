"""What is in force answers for the profiles that rules name."""

from clearpane.verification.profile import DecryptionProfile
from sites import Site


def test_a_rule_has_the_profile_that_it_names_or_one_that_checks_nothing(site: Site) -> None:
    policy = site.load()
    assert policy.decryption_profile("best-practice").forward_proxy.block_untrusted_issuer
    assert policy.decryption_profile("") == DecryptionProfile()


def test_content_is_inspected_under_the_default_profile(site: Site) -> None:
    policy = site.load()
    assert policy.antivirus is policy.antivirus_profiles["default"]


def test_two_readings_are_two_policies(site: Site) -> None:
    assert site.load() != site.load()
