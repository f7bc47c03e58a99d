/* The arithmetic of the lease alone, as provider "none" uses it: an owner A, a backup B, and no probe to help.
 *
 * Assumed: a beat arrives within DELAY; no turn takes longer than TURN_MAX from reading its clock to its last deed; G
 * covers both; clocks run at one rate. Then B may take after D of silence. Between turns both may freeze, at any time
 * and for any time, and A may die. What the probe adds, when beats are lost, is in pair.pml; what happens when nobody
 * may be trusted to keep these times, in majority.pml.
 *
 * Rules have the numbers of the table in vrrp/election.c. A define breaks it on purpose, see tests/model/run. */
#define TURN_MAX 1
#define DELAY	 1
#ifdef NO_MARGIN
#define G 0
#else
#define G 2
#endif
#define D     6
#define L     (D - G)
#define NEVER (D + TURN_MAX + 1)

mtype = { IDLE, TURN, BEATEN };

byte fence_a = L;
bool owner_a = true;
mtype at_a = IDLE;
byte turn_a = 0; /* how long ago it read its clock */

byte fence_b = 0;
bool owner_b = false;
mtype at_b = IDLE;
byte turn_b = 0;
byte silence = 0; /* how long ago B heard A */

byte flying = NEVER; /* how long ago the oldest beat under way was sent */
bool arrived = false; /* beats that B has not read yet */

#ifdef HEARD_AT_TURN_START
#define HEARD_JUST_NOW turn_b
#else
#define HEARD_JUST_NOW 0
#endif
#ifdef LEASE_FROM_RECEIPT
#define LEASE L /* the clock read again, when the beats are out */
#else
#define LEASE (L - turn_a)
#endif

proctype a()
{
end:	do
	:: d_step {
		at_a == IDLE && owner_a ->
		at_a = TURN;
		turn_a = 0;
		if
#ifndef NO_RULE_5
		:: fence_a == 0 -> /* rule 5 */
			owner_a = false;
			printf("A wakes after its lease, and lets go\n")
#endif
		:: else -> printf("A reads its clock\n")
		fi
	}
	:: d_step {
		at_a == TURN && owner_a ->
		at_a = BEATEN;
		flying = (flying == NEVER -> 0 : flying);
		printf("A beats\n")
	}
	:: d_step {
		at_a == BEATEN ->
		at_a = IDLE;
		fence_a = LEASE;
		turn_a = 0;
		printf("A answers clients for %d\n", fence_a);
		assert(fence_a == 0 || fence_b == 0)
	}
	:: d_step {
		owner_a ->
		owner_a = false;
		at_a = IDLE;
		turn_a = 0;
		printf("A crashes\n")
	}
	od
}

proctype b()
{
end:	do
	:: d_step {
		at_b == IDLE && !owner_b ->
		at_b = TURN;
		turn_b = 0;
		printf("B reads its clock\n")
	}
	:: d_step {
		at_b == TURN && arrived ->
		arrived = false;
		silence = HEARD_JUST_NOW;
		printf("B hears A\n")
	}
	:: d_step {
		at_b == TURN && !arrived && silence >= D + turn_b -> /* rule 2 */
		owner_b = true;
		at_b = IDLE;
		fence_b = L;
		printf("B takes\n");
		assert(fence_a == 0 || fence_b == 0)
	}
	:: d_step {
		at_b == TURN && !arrived ->
		at_b = IDLE;
		turn_b = 0
	}
	od
}

proctype network()
{
end:	do
	:: d_step {
		flying != NEVER ->
		flying = NEVER;
		arrived = true
	}
	od
}

#define YOUNGER(x)	 x = (x > 0 -> x - 1 : 0)
#define OLDER(x, oldest) x = (x < oldest -> x + 1 : x)

proctype clock()
{
end:	do
	:: d_step {
		(at_a == IDLE || turn_a < TURN_MAX) && (at_b == IDLE || turn_b < TURN_MAX) &&
		(flying == NEVER || flying < DELAY) ->
		YOUNGER(fence_a);
		YOUNGER(fence_b);
		OLDER(silence, D + TURN_MAX);
		turn_a = (at_a == IDLE -> 0 : turn_a + 1);
		turn_b = (at_b == IDLE -> 0 : turn_b + 1);
		flying = (flying == NEVER -> NEVER : flying + 1);
		printf("-- a tick\n")
	}
	od
}

init {
	atomic {
		run a();
		run b();
		run network();
		run clock()
	}
}
