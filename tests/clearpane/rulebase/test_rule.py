"""What a rule of decryption says unless it is told otherwise."""

from clearpane.rulebase.rule import Rule


def test_a_rule_decrypts_nothing_unless_it_says_so() -> None:
    assert Rule("r").action == "no-decrypt"
    assert Rule("r").type == "ssl-forward-proxy"
    assert (Rule("r").profile, Rule("r").log_success, Rule("r").log_fail) == ("", False, True)
