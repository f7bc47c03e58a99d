/* Provider "none", two nodes: as long as probes pass, no two of them ever answer at once, though all beats be lost.
 *
 * Assumed: a probe of the vip reaches the other host, and its answer arrives before the next step (RFC 5227 allows a
 * second, we G: a tick is a quarter of it); no turn takes longer than TURN_MAX from reading its clock to its last deed;
 * clocks run at one rate; a fence ends its lease on time; a restart shuts the fence first, and takes longer than a
 * yield counts. Not assumed: beats. What a beat can do is to make another node wait or step down, and to carry a yield;
 * so silence, order, fitness and terms, which all only make nodes wait, are not here, and a node may try to take the
 * vip whenever it likes. Between turns a node may freeze, at any time and for any time.
 *
 * Rules have the numbers of the table in vrrp/election.c. A define breaks it on purpose, see tests/model/run. */
#define G	 4 /* so long must probes go unanswered, */
#define PROBES	 (G / 2) /* one each so often, or silence counts anew */
#define T	 5 /* longer than G, that is all */
#define L	 6
#define TURN_MAX 1
#define LONG	 (G + L)
#define NEVER	 (LONG + 1)
#define COUNTS	 T /* a yield is repeated for T / 2, and taken by who wrote what it echoes at most T / 2 ago */

mtype = { IDLE, TURN, CLAIMED, BEATEN };

byte fence[2] = 0; /* the kernel answers for that long yet, whatever the agent does */
bool up[2] = true;
bool owner[2] = false;
mtype at[2] = IDLE; /* how far it has come in its turn, */
byte turn[2] = 0; /* and how long ago it read the clock */
byte quiet[2] = NEVER; /* the first and */
byte probed[2] = NEVER; /* the last of the probes that nobody answered, how long ago */
byte pause[2] = 0; /* it does not probe for that long yet */
bool answered[2] = false; /* to be read in the next turn */
byte yielded[2] = NEVER; /* how long ago, to the other one */

#ifdef NEVER_TAKES_OVER
bool died_owning = false; /* A did */
#endif

#define NAME(n) ('A' + (n))
#ifdef PAUSE_IN_TURN
#define IN_TIME(n) true
#else
#define IN_TIME(n) (at[n] == IDLE || turn[n] < TURN_MAX)
#endif
#ifdef PROBED_AT_TURN_START
#define SENT_JUST_NOW(n) turn[n]
#else
#define SENT_JUST_NOW(n) 0
#endif
#ifdef OLD_PROBES
#define GAP(n) false
#else
#define GAP(n) (probed[n] > PROBES + turn[n])
#endif
#ifdef NO_PROBE
#define QUIET(n) true
#else
#define QUIET(n) (quiet[n] != NEVER && quiet[n] >= G + turn[n] && !GAP(n))
#endif
#ifdef RETAKE_TOO_SOON
#define YIELD_EXPIRED(n) (yielded[n] > COUNTS / 2)
#else
#define YIELD_EXPIRED(n) (yielded[n] > COUNTS)
#endif

inline forget_probes(n)
{
	quiet[n] = NEVER;
	probed[n] = NEVER
}

/* Reads the clock, then what has arrived. */
inline begin_turn(n)
{
	d_step {
		up[n] && at[n] == IDLE ->
		at[n] = TURN;
		if
		:: answered[n] ->
			answered[n] = false;
			pause[n] = T;
			forget_probes(n)
		:: else
		fi;
		if
#ifndef NO_RULE_5
		:: owner[n] && fence[n] == 0 -> /* rule 5 */
			owner[n] = false;
			printf("%c wakes after its lease, and lets go\n", NAME(n))
#endif
		:: else -> printf("%c reads its clock\n", NAME(n))
		fi
	}
}

/* Each holds the other's probe for an answer, but of two who probe at once one goes on: here A (RFC 5227 2.1.1). */
inline probe(n, m)
{
	d_step {
		at[n] == TURN && !owner[n] && pause[n] == 0 && YIELD_EXPIRED(n) && probed[n] > 0 ->
		if
		:: fence[m] > 0 ->
			answered[n] = true;
			printf("%c probes, and %c answers\n", NAME(n), NAME(m))
		:: else ->
			quiet[n] = (quiet[n] == NEVER || GAP(n) -> SENT_JUST_NOW(n) : quiet[n]);
			probed[n] = SENT_JUST_NOW(n);
			printf("%c probes, and nobody answers\n", NAME(n))
		fi;
#ifndef NO_TIE_BREAK
		answered[m] = answered[m] || n < m
#endif
	}
}

inline become_owner(n, m)
{
	owner[n] = true;
	at[n] = CLAIMED;
	yielded[m] = NEVER; /* of a former term now */
	forget_probes(n)
}

/* Rules 2 and 4. */
inline claim(n, m)
{
	d_step {
		at[n] == TURN && !owner[n] && QUIET(n) && YIELD_EXPIRED(n) ->
		become_owner(n, m);
		printf("%c claims\n", NAME(n))
	}
}

/* Rule 3. */
inline claim_yielded(n, m)
{
	d_step {
		at[n] == TURN && !owner[n] && yielded[m] <= COUNTS ->
		become_owner(n, m);
		printf("%c hears that %c yields to it, and claims\n", NAME(n), NAME(m))
	}
}

inline beat(n)
{
	d_step {
		at[n] == TURN && owner[n] ->
		at[n] = BEATEN;
		printf("%c beats\n", NAME(n))
	}
}

/* The lease runs from the clock's reading, before the claim or the beats. */
inline renew(n)
{
	d_step {
		at[n] == CLAIMED || at[n] == BEATEN ->
		fence[n] = (turn[n] < L -> L - turn[n] : 0);
		at[n] = IDLE;
		turn[n] = 0;
		printf("%c answers clients for %d\n", NAME(n), fence[n]);
#ifdef NEVER_TAKES_OVER
		assert(!died_owning || fence[1] == 0);
#endif
		assert(fence[0] == 0 || fence[1] == 0)
	}
}

inline end_turn(n)
{
	d_step {
		at[n] == TURN ->
		at[n] = IDLE;
		turn[n] = 0
	}
}

/* Rules 7, 9 and 10. */
inline yield(n)
{
	d_step {
		at[n] == TURN && owner[n] ->
		owner[n] = false;
		fence[n] = 0;
		yielded[n] = 0;
		printf("%c yields\n", NAME(n))
	}
}

/* Rules 6, 8 and 11. */
inline give_up(n)
{
	d_step {
		at[n] == TURN && owner[n] ->
		owner[n] = false;
		fence[n] = 0;
		printf("%c gives up\n", NAME(n))
	}
}

/* The agent dies; the fence does not. */
inline crash(n)
{
	d_step {
		up[n] ->
#ifdef NEVER_TAKES_OVER
		died_owning = died_owning || (n == 0 && fence[0] > 0);
#endif
		up[n] = false;
		owner[n] = false;
		at[n] = IDLE;
		turn[n] = 0;
		pause[n] = 0;
		answered[n] = false;
		forget_probes(n);
		printf("%c crashes\n", NAME(n))
	}
}

/* Rule 1: it listens before anything else. */
inline restart(n, m)
{
	d_step {
		!up[n] && yielded[n] == NEVER && yielded[m] == NEVER ->
		up[n] = true;
		fence[n] = 0;
		pause[n] = T;
		printf("%c restarts\n", NAME(n))
	}
}

proctype node(byte me; byte other)
{
end:	do
	:: begin_turn(me)
	:: probe(me, other)
	:: claim(me, other)
	:: claim_yielded(me, other)
	:: beat(me)
	:: renew(me)
	:: yield(me)
	:: give_up(me)
	:: end_turn(me)
	:: crash(me)
	:: restart(me, other)
	od
}

#define YOUNGER(x)	 x = (x > 0 -> x - 1 : 0)
#define OLDER(x, oldest) x = (x < oldest -> x + 1 : x)

inline age(n)
{
	YOUNGER(fence[n]);
	YOUNGER(pause[n]);
	turn[n] = (at[n] != IDLE && turn[n] < L -> turn[n] + 1 : turn[n]);
	OLDER(quiet[n], LONG);
	OLDER(probed[n], LONG);
	yielded[n] = (yielded[n] < COUNTS -> yielded[n] + 1 : NEVER)
}

active proctype clock()
{
end:	do
	:: d_step {
		IN_TIME(0) && IN_TIME(1) ->
		age(0);
		age(1);
		printf("-- a tick\n")
	}
	od
}

init {
	atomic {
		run node(0, 1);
		run node(1, 0)
	}
}
