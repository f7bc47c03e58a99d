"""One line of configuration brings the checks that suit a kind of server."""
from agents import config
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


def case_casvipctl_tries_the_checks_of_a_file_without_an_agent(lab):
    host = lab.nodes[0]
    exchange = Exchange(host)
    host.write("try.conf", config(lab, vip_more=profile("proxy"), checks=""))

    def tried(*names):
        return host.run("/run/build/casvipctl", "check", "-f", "/run/casvip/try.conf", *names, check=False)
    done = tried()
    assert done.returncode == 0 and done.stdout.count("\nmail/") == 5, done.stdout + done.stderr
    done = tried("owa", "mail/mapi")
    assert done.returncode == 0 and done.stdout.count("\nmail/") == 2, done.stdout + done.stderr
    done = tried("owaa")
    assert done.returncode == 2 and 'no check "owaa"' in done.stderr, done.stdout + done.stderr
    exchange.kill()
    done = tried("owa")
    assert done.returncode == 1 and "refused" in done.stdout, done.stdout + done.stderr
    assert tried("mapi").returncode == 0, "a check that is not required made it fail"
