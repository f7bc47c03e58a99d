"""One line of configuration brings the checks that suit a kind of server."""
from exchange import Exchange
from services import NAME, Rpc
from verdicts import look

GOOD = {"up", "up-auth"}
PROFILES = ("exchange2010", "exchange2013", "exchange2016", "exchange2019", "gromox", "proxy")


def profile(kind, more=""):
    return f'profile = "{kind}"  host = "{NAME}"  ca_file = "/run/casvip/ca.pem"  {more}'


def assert_good(found, kind):
    bad = {name: (one.verdict, one.reason, one.words) for name, one in found.items() if one.verdict not in GOOD}
    assert found and not bad, f"{kind}: {bad}"


def case_the_checks_of_each_profile_are_good_on_a_good_server_and_down_on_a_dead_one(lab):
    host = lab.nodes[0]
    exchange, _ = Exchange(host), Rpc(host, interfaces=("emsmdb", "nspi", "rfri"))
    for kind in PROFILES:
        strangers = look(host, "", profile(kind))
        assert_good(strangers, kind)
        assert {"certificate"} < set(strangers) and "logon" not in strangers, f"{kind}: {sorted(strangers)}"
        known = look(host, "", profile(kind, 'credentials = "/run/casvip/probe.cred"'))
        assert_good(known, kind)
        assert set(known) == set(strangers) | {"logon"} and known["logon"].verdict == "up", f"{kind}: {sorted(known)}"
    exchange.kill()
    for kind in PROFILES:
        found = look(host, "", profile(kind, 'without = {"rpc"}' if kind == "exchange2010" else ""))
        alive = {name for name, one in found.items() if one.verdict != "down"}
        assert not alive, f"{kind}: {alive} on a dead server"


def case_a_check_of_the_file_goes_before_the_profiles(lab):
    host = lab.nodes[0]
    Exchange(host)
    found = look(host, 'check "owa" { expect_fqdn = "other.example.net" }\n', profile("proxy", 'without = {"mapi"}'))
    assert (found["owa"].verdict, found["owa"].reason) == ("down", "other-server"), vars(found["owa"])
    assert set(found) == {"owa", "ews", "activesync", "certificate"}, sorted(found)
