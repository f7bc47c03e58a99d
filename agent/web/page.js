/* The status page: asks for status.json each second and shows it, the verdict first. What casvipd, its peers and its
 * services said is only ever put into text nodes. Between two answers, and when there are none, all ages go on. */
"use strict";

const ASK_MS = 1000, PATIENCE_MS = 3000;

const HOW = {
	started: "its agent started",
	silence: "the owner before it fell silent",
	yielded: "it was handed over",
	vacant: "nobody had it",
	stalled: "its agent did not run in time",
	outranked: "another owner had a higher term",
	check: "a check failed",
	link: "its network link was lost",
	standby: "it was put on standby",
	failback: "it goes back to the preferred node",
	order: "casvipctl move",
	stopping: "its agent was stopped",
	"no-quorum": "no majority of the nodes was heard",
};

const UNFIT = {
	unhealthy: "a required check is not up",
	unknown: "its checks have not spoken yet",
	standby: "on standby: casvipctl online ends that",
	"no-link": "no network link",
	"no-quorum": "no majority of the nodes is heard",
};

/* What is shown: the newest status, when it came, and what went wrong since. */
const shown = {status: null, at: 0, trouble: "", silentMs: null, troubleAt: 0};

function make(tag, kind, ...content) {
	const element = document.createElement(tag);
	if (kind)
		element.className = kind;
	element.append(...content.filter(part => part !== null && part !== undefined && part !== ""));
	return element;
}

function length(ms) {
	if (ms < 1000)
		return `${Math.round(ms)} ms`;
	if (ms < 10000)
		return `${(ms / 1000).toFixed(1)} s`;
	if (ms < 120000)
		return `${Math.round(ms / 1000)} s`;
	if (ms < 7200000)
		return `${Math.floor(ms / 60000)} min`;
	if (ms < 172800000)
		return `${Math.floor(ms / 3600000)} h ${Math.floor(ms / 60000) % 60} min`;
	return `${Math.floor(ms / 86400000)} days`;
}

/* Of an age in the status, as it is by now. */
function since(ms) {
	return ms === null ? "never" : length(ms + performance.now() - shown.at);
}

function ago(ms) {
	return ms === null ? "never" : `${since(ms)} ago`;
}

function mark(kind, word) {
	return make("span", `mark ${kind}`, word);
}

/* Why a peer could not take a vip now; "" when it could. */
function peerObstacle(peer) {
	if (!peer.key_matches)
		return "silent, or it has ANOTHER KEY: compare the key files";
	if (!peer.alive && peer.links.some(link => link.state === "one-way"))
		return "its heartbeats come, but it does not hear this node: look for a firewall";
	if (!peer.alive)
		return "not heard";
	if (!peer.fit)
		return "NOT FIT: look at its own page";
	return "";
}

function downChecks(vip) {
	return vip.checks.filter(check => check.required && (check.state !== "up" || check.held_ms !== null))
		.map(check => check.name);
}

function ownObstacle(vip) {
	const names = downChecks(vip);
	if (vip.fit)
		return "";
	if (vip.fitness === "unhealthy" && names.length)
		return `NOT FIT: ${names.join(", ")}`;
	return `NOT FIT: ${UNFIT[vip.fitness] || vip.fitness}`;
}

function ownerVerdict(status, vip) {
	const here = vip.active === status.node;
	if (vip.suspect)
		return ["bad", "NO OWNER IS HEARD, but somebody answers for it: look for a firewall or a wrong key"];
	if (!vip.active)
		return ["bad", "NO OWNER is known"];
	if (here && vip.lease_ms === 0)
		return ["bad", `${vip.active} (this node) has it, but no lease: it answers nobody`];
	if (here && !vip.fit)
		return ["bad", `on ${vip.active} (this node), which is ${ownObstacle(vip)}`];
	if (status.peers.some(peer => peer.name === vip.active && !peer.alive))
		return ["warn", `on ${vip.active}, which is not heard well: see below`];
	if (status.peers.some(peer => peer.name === vip.active && !peer.fit))
		return ["bad", `on ${vip.active}, which is NOT FIT: look at its own page`];
	return ["good", `on ${vip.active}${here ? " (this node)" : ""}`];
}

/* casvipd's own word: it knows votes, fences, and whose file has the vip. */
function standbyVerdict(vip) {
	if (!vip.redundant)
		return ["bad", vip.redundancy];
	return [vip.redundancy.includes("not ready") ? "warn" : "good", `standby ${vip.redundancy}`];
}

function lastMove(status, vip) {
	const move = vip.last_move, how = HOW[vip.active_why] || vip.active_why;
	if (!vip.active)
		return `This node is ${vip.role} for ${since(vip.since_ms)}: ${HOW[vip.why] || vip.why}.`;
	if (move && vip.active === move.to)
		return `It came ${move.from ? `from ${move.from} ` : ""}to ${move.to} ${ago(move.age_ms)}: ${how}.`;
	return `It is on ${vip.active} because ${how}.`;
}

/* The same move as the log of this node tells it, for who wants the figures. */
function evidence(vip) {
	return vip.last_move && vip.last_move.words ? make("p", "age evidence", vip.last_move.words) : null;
}

function splitLine(vip) {
	const split = vip.last_split;
	if (!split || split.age_ms > 3600000)
		return [];
	return [verdictLine("warn", `A split healed ${ago(split.age_ms)}: this node and ${split.peer} both owned it, ` +
		`apart for ${length(split.apart_ms)}.`)];
}

function checkRow(check) {
	const up = check.state === "up", kind = up ? (check.held_ms === null ? "good" : "warn") : check.required ? "bad" : "warn";
	const facts = [check.age_ms === null ? "not asked yet" : ago(check.age_ms)];
	if (check.took_ms !== null)
		facts.push(`took ${length(check.took_ms)}`);
	if (!check.required)
		facts.push("not required");
	if (check.held_ms !== null)
		facts.push(`held down for ${length(check.held_ms)} yet: it kept falling`);
	return make("li", "", make("span", "", mark(kind, check.state)), make("b", "", check.name),
		make("span", "words", check.words || check.outcome, " ", make("span", "age", `(${facts.join(", ")})`)));
}

function fact(name, text) {
	return [make("dt", "", name), make("dd", "", text)];
}

function fenceWords(vip) {
	return {open: "open", shut: "shut", absent: "ABSENT: leases end by address lifetimes alone",
		broken: "BROKEN: it does not stand everywhere"}[vip.fence] || vip.fence;
}

function moves(vip) {
	const changes = Object.entries(vip.changes).filter(([, count]) => count > 0);
	const dark = vip.dark.count ? `; clients were in the dark for at most ${length(vip.dark.sum_us / 1000)} in all` : "";
	return changes.map(([why, count]) => `${why} ${count}`).join(", ") + dark;
}

function vipFacts(vip) {
	const list = make("dl", "", ...fact("addresses", vip.addresses.join(" ")),
		...fact("this node", `${vip.role} for ${since(vip.since_ms)}, ${vip.fit ? "fit" : vip.fitness}, ` +
			`score ${vip.score}`),
		...fact("fence", fenceWords(vip)), ...fact("term", String(vip.term)),
		...fact("role changes", moves(vip)));
	if (vip.certificate_differs)
		list.append(...fact("certificate", `ANOTHER ONE on ${vip.certificate_differs.join(", ")}`));
	return list;
}

/* The worse of two kinds. */
function worse(a, b) {
	const order = ["good", "warn", "bad"];
	return order[Math.max(order.indexOf(a), order.indexOf(b))];
}

function verdictLine(kind, text) {
	return make("p", `verdict ${kind}`, mark(kind, {good: "OK", warn: "LOOK", bad: "ALARM"}[kind]), make("span", "", text));
}

function vipCard(status, vip) {
	const [ownerKind, owner] = ownerVerdict(status, vip), [standbyKind, standby] = standbyVerdict(vip);
	const kind = worse(ownerKind, standbyKind);
	const extra = splitLine(vip);
	if (vip.certificate_differs)
		extra.push(verdictLine("warn", `another certificate on ${vip.certificate_differs.join(", ")}`));
	if (vip.fence === "broken" || vip.fence === "absent")
		extra.push(verdictLine("warn", `fence ${fenceWords(vip)}`));
	return make("section", extra.length ? worse(kind, "warn") : kind,
		make("h1", "", `${vip.name}: ${owner}`),
		verdictLine(ownerKind, lastMove(status, vip)), verdictLine(standbyKind, standby),
		...extra, evidence(vip),
		vip.checks.length ? make("h3", "", `checks of ${status.node}`) : null,
		make("ul", "", ...vip.checks.map(checkRow)),
		make("h3", "", "more"), vipFacts(vip));
}

function linkRow(link) {
	const kind = link.state === "up" ? "good" : link.state === "one-way" ? "warn" : "bad";
	const facts = link.age_ms === null ? "no fresh heartbeat ever" : `fresh heartbeat ${ago(link.age_ms)}`;
	const trip = link.rtt_us === null || link.state !== "up" ? "" : `, round trip ${length(link.rtt_us / 1000)}`;
	const hint = link.state === "one-way" ? ": ours do not arrive there" : "";
	return make("li", "", make("span", "", mark(kind, link.state)), make("b", "", link.address),
		make("span", "words", make("span", "age", facts + (link.rtt_us < 1000 && trip ? `, round trip ${link.rtt_us} µs` : trip)),
			hint, link.reason ? `: ${link.reason}` : ""));
}

function peerCard(peer) {
	const obstacle = peer.witness && peer.alive ? "" : peerObstacle(peer);
	const oneWay = peer.links.some(link => link.state !== "up");
	const kind = obstacle ? "bad" : oneWay || !peer.config_matches ? "warn" : "good";
	const state = obstacle || (peer.witness ? "alive, a witness: it votes and never owns" : "alive, fit");
	return make("section", kind, make("h2", "", `${peer.name}: ${state}`),
		peer.config_matches || !peer.alive ? null :
			verdictLine("warn", "its CONFIGURATION DIFFERS: make casvip.conf the same, then reload"),
		make("ul", "", ...peer.links.map(linkRow)));
}

/* What went wrong since the start and is not zero. */
function troubleCard(status) {
	const names = Object.entries(status.counters).filter(([name, count]) => count > 0 &&
		/^(refused_|beats_(late|send_failed|one_way)|ctl_|facts_refused|log_lost)/.test(name));
	if (!names.length)
		return null;
	return make("section", "", make("h2", "", "Counted since the agent started"),
		make("dl", "", ...names.flatMap(([name, count]) => fact(name, String(count)))));
}

function agentTrouble() {
	const silent = shown.silentMs === null ? null : shown.silentMs + performance.now() - shown.troubleAt;
	const words = silent === null ? "AGENT NOT REACHABLE" : `AGENT NOT REACHABLE for ${length(silent)}`;
	return make("section", "bad", make("h1", "", `${words}: ${shown.trouble}`),
		verdictLine("bad", "This host takes nothing over, and answers for nothing once its lease is over."),
		make("p", "", "On the host: systemctl status casvipd; journalctl -u casvipd.",
			shown.status ? " What stands below was true before." : ""));
}

function speak(text) {
	const spoken = document.getElementById("spoken");
	if (spoken.textContent !== text)
		spoken.textContent = text;
}

function show() {
	const status = shown.status, main = document.getElementById("main");
	const cards = [];
	if (shown.trouble)
		cards.push(agentTrouble());
	if (status) {
		cards.push(make("p", "where", `As node ${status.node} of cluster ${status.cluster} sees it`));
		if (status.majority === false)
			cards.push(make("section", "bad", make("h1", "", "NO MAJORITY of the nodes is heard: nothing can be owned here")));
		cards.push(...status.vips.map(vip => vipCard(status, vip)), ...status.peers.map(peerCard), troubleCard(status));
		for (const card of cards.slice(shown.trouble ? 1 : 0))
			if (card && shown.trouble)
				card.classList.add("old");
		document.getElementById("about").textContent = `casvipd ${status.version}, pid ${status.pid}`;
		document.title = (shown.trouble ? "! " : "") + status.vips.map(vip => `${vip.name}: ${vip.active || "NO OWNER"}`).join(", ");
	}
	main.replaceChildren(...cards.filter(card => card));
	main.setAttribute("aria-busy", "false");
	speak(shown.trouble ? `Agent not reachable: ${shown.trouble}` :
		status.vips.map(vip => `${vip.name}: ${ownerVerdict(status, vip)[1]}, ${standbyVerdict(vip)[1]}`).join(". "));
}

function fail(words, silentMs) {
	if (!shown.trouble || silentMs !== null) {
		shown.troubleAt = performance.now();
		shown.silentMs = silentMs;
	}
	if (shown.silentMs === null && shown.status)
		shown.silentMs = performance.now() - shown.at;
	shown.trouble = words;
}

async function ask() {
	try {
		const reply = await fetch("status.json", {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)});
		const said = await reply.json();
		if (reply.ok)
			Object.assign(shown, {status: said, at: performance.now(), trouble: "", silentMs: null});
		else
			fail(said.error, said.silent_ms);
	} catch {
		fail("casvip-web does not answer either", null);
	}
	show();
	setTimeout(ask, ASK_MS);
}

ask();
