/* Provider "majority", three nodes (three hosts, or HOSTS=2 and a witness): no two of them ever answer at once.
 *
 * Assumed: clocks run at one rate (how far they drift apart within D, G has to cover); a fence ends its lease on time;
 * a restart shuts the fence before the first beat; once a node has restarted, nobody takes its former session's beats
 * for news. Nothing else: the probe, the order and fitness are not here, for safety must not hang on them, and a node
 * may bid, give up, freeze or crash whenever it likes.
 *
 * What was sent is a fact, which the network delivers at any later time, never, twice, or in any order: so nothing is
 * queued. A freeze is a node that does nothing while time passes, between any two steps. Time passes in ticks, with any
 * number of steps between two of them. Instants are kept as ages, so that endless stories have finitely many states;
 * only the number of terms is bounded. Rules have the numbers of the table in vrrp/election.c.
 *
 * A define breaks it on purpose, see tests/model/run. */
#ifndef HOSTS
#define HOSTS 2
#endif
#ifndef TERMS
#define TERMS 3 /* 4 at most */
#endif
#define G     1
#define L     3
#define D     (L + G)
#define NODES 3
#define NONE  NODES
#define OLD   L /* no lease comes of what was sent that long ago */
#define NEVER (L + 1)
#ifdef LEASE_FROM_RECEIPT
#define UNANSWERED NEVER
#define LENDS(age) L
#else
#define UNANSWERED OLD
#define LENDS(age) (L - (age))
#endif

byte fence[NODES] = 0; /* the kernel answers for that long yet, whatever the agent does */

/* What an agent knows, until it restarts. */
byte mute[NODES] = 0; /* it votes for nobody for that long yet: it has just started */
bool owner[NODES] = false; /* or bids to be */
byte term[NODES] = 0; /* of its last claim */
byte side[NODES] = NONE; /* whom it supports, */
byte side_term[NODES] = 0; /* as the owner of which term, */
byte silence[NODES] = D; /* and how long ago it heard him; D: long enough */

/* What was sent. */
byte beaten[NODES] = NEVER; /* how long ago an owner sent its newest beat */
byte answered[NODES * NODES] = UNANSWERED; /* [s, o]: how old is the newest beat of o that s answered, supporting it */
bool told[NODES] = false; /* [s]: whom s supports has said that it left that term */

#ifdef NEVER_TAKES_OVER
bool a_had_it = false;
#endif

#define AT(s, o) ((s) * NODES + (o))
#define NAME(n)	 ('A' + (n))

#ifdef HEARD_AT_TURN_START
byte turn = 0; /* how long ago C read its clock; the others do so in time */
#define HEARD_JUST_NOW(n) (n == 2 -> turn : 0)
#define READ_CLOCK_NOW(n) (n != 2 || turn == 0)
#else
#define HEARD_JUST_NOW(n) 0
#define READ_CLOCK_NOW(n) true
#endif
#ifdef VOTE_AFTER_RESTART
#define MUTE 0
#else
#define MUTE (D + L)
#endif
#ifdef SUPPORT_BY_NAME
#define SUPPORTS(s, o) (side[s] == o)
#else
#define SUPPORTS(s, o) (side[s] == o && side_term[s] == term[o])
#endif
#ifdef SIDES_BEFORE_D
#define PATIENCE (L - 1)
#else
#define PATIENCE D
#endif

/* A node changes sides after D without the owner it supports, or on his own word (hear_the_end). Who owns the vip, or
 * bids for it, supports itself, and leaves that side by giving up only. */
#ifdef OWNER_VOTES
#define BOUND(n) false
#else
#define BOUND(n) owner[n]
#endif
#define FREE(n) (!BOUND(n) && (side[n] == NONE || (silence[n] >= PATIENCE && READ_CLOCK_NOW(n))))

/* Who is supported may be followed into its next term at once, for that is no change of sides. That a bid gets one vote
 * a term is not asked for here: a vote is a side, and of sides a node has one. */
#ifdef TWO_VOTES
#define MAY_VOTE(s, o) (mute[s] == 0 && (side[s] == o || FREE(s) || side_term[s] == term[o]))
#else
#define MAY_VOTE(s, o) (mute[s] == 0 && (side[s] == o || FREE(s)))
#endif

/* Not only of that term: but a restarted node, which may come to claim the same term again, does not speak for it. */
#define IS_NEWS(s, n) (s != n && side[s] == n && side_term[s] <= term[n] && !told[s])

inline vote(n, o)
{
#ifdef SUPPORT_BY_NAME
	told[n] = told[n] && side[n] == o;
#else
	told[n] = false;
#endif
	side[n] = o;
	side_term[n] = term[o];
	silence[n] = HEARD_JUST_NOW(n)
}

inline let_go(n)
{
	side[n] = NONE;
	side_term[n] = 0;
	silence[n] = D;
	told[n] = false
}

inline forget_sent(n)
{
	beaten[n] = NEVER;
	answered[AT(0, n)] = UNANSWERED;
	answered[AT(1, n)] = UNANSWERED;
	answered[AT(2, n)] = UNANSWERED
}

/* Rules 2, 3, 4, less what only makes them wait: a bid. Which terms it has heard of is the adversary's choice. */
inline claim(n, t)
{
	d_step {
		n < HOSTS && !owner[n] && term[n] < t && t <= TERMS && FREE(n) && mute[n] == 0 ->
		owner[n] = true;
		term[n] = t;
		vote(n, n);
#ifdef ANSWER_ON_CLAIM
		fence[n] = L;
#endif
		printf("%c claims term %d\n", NAME(n), t)
	}
}

inline beat(n)
{
	d_step {
		owner[n] && beaten[n] != 0 ->
		beaten[n] = 0;
		printf("%c beats as the owner of term %d\n", NAME(n), term[n])
	}
}

/* A beat of o, sent `age` ago or more, reaches s, which answers it. Beats of terms that o has left since are left out:
 * all that they could do is to bind s to nobody. */
inline hear(s, o, age)
{
	d_step {
		s != o && owner[o] && beaten[o] <= age && (SUPPORTS(s, o) || MAY_VOTE(s, o)) ->
		if
		:: SUPPORTS(s, o) ->
			silence[s] = HEARD_JUST_NOW(s);
			printf("%c hears %c's beat of %d ago: supports it\n", NAME(s), NAME(o), age)
		:: else ->
			vote(s, o);
			printf("%c hears %c's beat of %d ago: votes for its term %d\n", NAME(s), NAME(o), age, term[o])
		fi;
		answered[AT(s, o)] = (age < answered[AT(s, o)] -> age : answered[AT(s, o)])
	}
}

#ifdef ECHO_WITHOUT_CLAIM
/* A datagram of o that says nothing of the vip reaches s, which echoes it in a beat that still supports o. */
inline hear_nothing(s, o)
{
	d_step {
		s != o && owner[o] && SUPPORTS(s, o) ->
		answered[AT(s, o)] = 0;
		printf("%c hears a datagram of %c without vips, and echoes it\n", NAME(s), NAME(o))
	}
}
#endif

/* The answer of s reaches o: with itself that is a majority, so the lease runs from the sending of what s answered. */
inline renew(o, s)
{
	d_step {
		owner[o] && s != o && answered[AT(s, o)] < UNANSWERED &&
		fence[o] < LENDS(answered[AT(s, o)]) ->
		fence[o] = LENDS(answered[AT(s, o)]);
		printf("%c has %c's answer: answers clients for %d\n", NAME(o), NAME(s), fence[o]);
#ifdef NEVER_TAKES_OVER
		a_had_it = a_had_it || o == 0;
		assert(!a_had_it || fence[1] == 0);
#endif
		assert((fence[0] > 0) + (fence[1] > 0) + (fence[2] > 0) <= 1)
	}
}

/* Rules 5 to 11: whatever the reason, the fence shuts first. */
inline give_up(n)
{
	d_step {
		owner[n] ->
		owner[n] = false;
		fence[n] = 0;
		let_go(n);
		forget_sent(n);
		printf("%c gives up term %d\n", NAME(n), term[n])
	}
}

/* Its beats say so from then on, yields among them. */
#ifdef YIELD_BEFORE_SHUT
#define MAY_TELL(n) owner[n]
#else
#define MAY_TELL(n) (!owner[n])
#endif
inline tell_the_end(n)
{
	d_step {
		MAY_TELL(n) && (IS_NEWS(0, n) || IS_NEWS(1, n) || IS_NEWS(2, n)) ->
		told[0] = told[0] || IS_NEWS(0, n);
		told[1] = told[1] || IS_NEWS(1, n);
		told[2] = told[2] || IS_NEWS(2, n);
		printf("%c says that it left term %d\n", NAME(n), term[n])
	}
}

inline hear_the_end(s)
{
	d_step {
		told[s] ->
		printf("%c hears that %c has left, and is free\n", NAME(s), NAME(side[s]));
		let_go(s)
	}
}

/* An agent that only dies is one that freezes for ever. Rule 1 lets a node begin sooner that has heard everybody; it
 * does not let it vote sooner. */
inline restart(n)
{
	d_step {
		term[n] > 0 || side[n] != NONE ->
		owner[n] = false;
		fence[n] = 0;
		mute[n] = MUTE;
		term[n] = 0;
		let_go(n);
		told[0] = told[0] && side[0] != n;
		told[1] = told[1] && side[1] != n;
		told[2] = told[2] && side[2] != n;
		forget_sent(n);
		printf("%c crashes, restarts and remembers nothing\n", NAME(n))
	}
}

proctype node(byte me; byte left; byte right)
{
end:	do
	:: claim(me, 1)
	:: claim(me, 2)
	:: claim(me, 3)
	:: claim(me, 4)
	:: beat(me)
	:: hear(me, left, 0)
	:: hear(me, left, 1)
	:: hear(me, left, 2)
	:: hear(me, left, OLD)
	:: hear(me, right, 0)
	:: hear(me, right, 1)
	:: hear(me, right, 2)
	:: hear(me, right, OLD)
	:: renew(me, left)
	:: renew(me, right)
	:: give_up(me)
	:: tell_the_end(me)
	:: hear_the_end(me)
	:: restart(me)
#ifdef ECHO_WITHOUT_CLAIM
	:: hear_nothing(me, left)
	:: hear_nothing(me, right)
#endif
#ifdef HEARD_AT_TURN_START
	:: d_step { me == 2 && turn > 0 -> turn = 0; printf("C reads its clock\n") }
#endif
	od
}

#define YOUNGER(x)	 x = (x > 0 -> x - 1 : 0)
#define OLDER(x, oldest) x = (x < oldest -> x + 1 : x)
#define OLDER_ANSWER(i)	 OLDER(answered[i], OLD)

inline age(n)
{
	YOUNGER(fence[n]);
	YOUNGER(mute[n]);
	silence[n] = (BOUND(n) || silence[n] == D -> silence[n] : silence[n] + 1);
	beaten[n] = (beaten[n] < OLD -> beaten[n] + 1 : beaten[n]);
	OLDER_ANSWER(AT(n, 0));
	OLDER_ANSWER(AT(n, 1));
	OLDER_ANSWER(AT(n, 2));
}

active proctype clock()
{
end:	do
	:: d_step {
		age(0);
		age(1);
		age(2);
#ifdef HEARD_AT_TURN_START
		OLDER(turn, D);
#endif
		printf("-- a tick\n")
	}
	od
}

init {
	atomic {
		run node(0, 1, 2);
		run node(1, 0, 2);
		run node(2, 0, 1)
	}
}
