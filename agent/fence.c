#include "agent/fence.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/fence.skel.h"
#include "agent/fence_map.h"
#include "agent/fence_tc.h"

_Static_assert((int)FENCE_SLOTS == (int)VIPS_MAX, "the kernel's half knows as many slots as the agent");
_Static_assert((int)FENCE_ADDRESSES_MAX == 2 * (int)VIPS_MAX * (int)VIP_ADDRESSES_MAX,
	       "twice what all slots can guard");

/* A filter is known by its handle, so that a later run finds and replaces it. First in line is priority 1; where
 * somebody else's kind of filter has that place, the next free one. */
enum { FENCE_HANDLE = 0xca51b, FENCE_PRIORITIES = 8 };

struct fence {
	struct fence_bpf *bpf;
};

static bool has_capability(unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/* What the admin can do about it. */
static void explain(int error, char why[static 128])
{
	const char *words = "kernel too old or built without what the fence needs (Linux 5.8 with BPF)";

	if (error == -ENOSYS)
		words = "kernel without BPF (CONFIG_BPF_SYSCALL)";
	else if (error == -ENOMEM)
		words = "no memory for BPF (LimitMEMLOCK?)";
	else if (error == -EPERM && !has_capability(CAP_BPF) && !has_capability(CAP_SYS_ADMIN))
		words = "missing capability CAP_BPF";
	else if (error == -EPERM && !has_capability(CAP_NET_ADMIN))
		words = "missing capability CAP_NET_ADMIN";
	else if (error == -EPERM)
		words = "the kernel forbids BPF here (seccomp filter, lockdown or user namespace)";
	snprintf(why, 128, "%s: %s", words, strerror(-error));
}

/* The lease is told by this process's clock and ended by the kernel's: a time namespace sets them apart, and then it
 * would end too late, or never begin (time_namespaces(7)). A kernel without them has no such file. */
static bool is_in_another_time(void)
{
	FILE *offsets = fopen("/proc/self/timens_offsets", "re");
	long long seconds, nanoseconds;
	bool is_apart = false;
	char clock[16];

	while (offsets && fscanf(offsets, "%15s %lld %lld", clock, &seconds, &nanoseconds) == 3)
		is_apart |= strcmp(clock, "boottime") == 0 && (seconds != 0 || nanoseconds != 0);
	if (offsets)
		fclose(offsets);
	return is_apart;
}

int fence_open(struct fence **ret_fence, char why[static 128])
{
	struct fence *fence;
	int r;

	if (is_in_another_time()) {
		snprintf(why, 128, "this time namespace has a boot time of its own, which the kernel's clock does not "
			 "follow");
		return -EOPNOTSUPP;
	}
	fence = calloc(1, sizeof(*fence));
	libbpf_set_print(NULL); /* it would write to stderr, and what it says is for developers */
	if (!fence) {
		r = -ENOMEM;
		goto fail;
	}
	fence->bpf = fence_bpf__open();
	r = fence->bpf ? fence_bpf__load(fence->bpf) : -errno;
	if (r < 0)
		goto fail;
	*ret_fence = fence;
	return 0;
fail:
	explain(r, why);
	fence_close(fence);
	return r;
}

void fence_close(struct fence *fence)
{
	if (!fence)
		return;
	fence_bpf__destroy(fence->bpf);
	free(fence);
}

void fence_lease(struct fence *fence, int slot, struct instant until)
{
	assert(slot >= 0 && slot < VIPS_MAX);
	__atomic_store_n(&fence->bpf->bss->lease_until_ns[slot], until.ns > 0 ? (uint64_t)until.ns : 0,
			 __ATOMIC_RELEASE);
}

unsigned long fence_dropped(const struct fence *fence, int slot)
{
	assert(slot >= 0 && slot < VIPS_MAX);
	return __atomic_load_n(&fence->bpf->bss->dropped[slot], __ATOMIC_RELAXED);
}

static struct fence_address key_of(const struct conf_address *address)
{
	struct fence_address key = {.bytes = {[10] = 0xff, [11] = 0xff}};

	if (address->family == AF_INET)
		memcpy(&key.bytes[12], address->bytes, 4);
	else
		memcpy(key.bytes, address->bytes, sizeof(key.bytes));
	return key;
}

/* The slot that guards this address, or -1. */
static int guard_of(const struct fence *fence, const struct fence_address *key)
{
	uint32_t slot;

	return bpf_map_lookup_elem(bpf_map__fd(fence->bpf->maps.guarded), key, &slot) < 0 ? -1 : (int)slot;
}

static bool among(const struct fence_address *key, const struct conf_address *address, int addresses)
{
	for (int i = 0; i < addresses; i++) {
		struct fence_address other = key_of(&address[i]);

		if (memcmp(key, &other, sizeof(other)) == 0)
			return true;
	}
	return false;
}

/* The slot stops guarding what is not among these. */
static int unguard_others(struct fence *fence, int slot, const struct conf_address *address, int addresses)
{
	int map = bpf_map__fd(fence->bpf->maps.guarded);
	struct fence_address key, next;
	int r = bpf_map_get_next_key(map, NULL, &next);

	while (r == 0) {
		key = next;
		r = bpf_map_get_next_key(map, &key, &next); /* before this one is deleted */
		if (guard_of(fence, &key) == slot && !among(&key, address, addresses))
			bpf_map_delete_elem(map, &key);
	}
	return r == -ENOENT ? 0 : r;
}

int fence_guard_also(struct fence *fence, int slot, const struct conf_address *address, int addresses)
{
	int map = bpf_map__fd(fence->bpf->maps.guarded);
	uint32_t value = (uint32_t)slot;

	assert(slot >= 0 && slot < VIPS_MAX && addresses >= 0 && addresses <= VIP_ADDRESSES_MAX);
	for (int i = 0; i < addresses; i++) {
		struct fence_address key = key_of(&address[i]);
		int r;

		if (guard_of(fence, &key) == slot)
			continue;
		fence_lease(fence, slot, INSTANT_ZERO); /* before the address is in the table: it must enter shut */
		r = bpf_map_update_elem(map, &key, &value, BPF_ANY);
		if (r < 0)
			return r;
	}
	return 0;
}

int fence_guard(struct fence *fence, int slot, const struct conf_address *address, int addresses)
{
	int r = fence_guard_also(fence, slot, address, addresses);

	return r < 0 ? r : unguard_others(fence, slot, address, addresses);
}

bool fence_wants(unsigned ifindex)
{
	return fence_tc_receives(ifindex) > 0;
}

/* Removes our filter at one priority. 1, 0 when it was not there, or -errno. */
static int detach(const struct bpf_tc_hook *hook, uint32_t priority)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, which, .handle = FENCE_HANDLE, .priority = priority);
	int r = bpf_tc_detach(hook, &which);

	/* -ENOENT: no such filter or hook; -EINVAL: no such hook, or another kind of filter has that priority */
	return r == -ENOENT || r == -EINVAL ? 0 : r < 0 ? r : 1;
}

/* The kernel swaps the program under an existing handle in one step. An earlier run's filter at another priority goes
 * only after ours stands. 0 in the first place, -EBUSY behind somebody else, or another -errno. */
static int attach(const struct bpf_tc_hook *hook, const struct bpf_program *program)
{
	uint32_t priority = 0;
	int r;

	do {
		DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FENCE_HANDLE, .priority = ++priority,
				    .prog_fd = bpf_program__fd(program), .flags = BPF_TC_F_REPLACE);

		r = bpf_tc_attach(hook, &filter);
	} while (r == -EINVAL && priority < FENCE_PRIORITIES);
	if (r < 0)
		return r;
	for (uint32_t other = 1; other <= FENCE_PRIORITIES; other++)
		if (other != priority)
			detach(hook, other);
	return priority > 1 ? -EBUSY : 0;
}

int fence_attach(struct fence *fence, unsigned ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, in, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, out, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	int clsact, half, other;
	int r = bpf_tc_hook_create(&both);

	if (r < 0 && r != -EEXIST)
		return r;
	clsact = fence_tc_clsact(ifindex);
	if (clsact < 0)
		return clsact;
	half = attach(&in, fence->bpf->progs.casvip_in);
	if (half < 0 && half != -EBUSY)
		return half;
	/* The old `ingress` qdisc has one chain for both hooks: a second filter would replace the first. */
	other = clsact ? attach(&out, fence->bpf->progs.casvip_out) : -ENOSPC;
	return half < 0 ? half : other;
}

static bool is_first(const struct bpf_tc_hook *hook, const struct bpf_program *program)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, there, .handle = FENCE_HANDLE, .priority = 1);
	struct bpf_prog_info ours = {0};
	uint32_t length = sizeof(ours);

	return bpf_obj_get_info_by_fd(bpf_program__fd(program), &ours, &length) == 0 &&
	       bpf_tc_query(hook, &there) == 0 && there.prog_id == ours.id;
}

bool fence_stands(const struct fence *fence, unsigned ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, in, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, out, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);

	return is_first(&in, fence->bpf->progs.casvip_in) && is_first(&out, fence->bpf->progs.casvip_out);
}

/* The number removed from one interface, or -errno. The qdisc goes when nobody has a filter on it any more. */
static int remove_from(unsigned ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex);
	int removed = 0;

	for (uint32_t priority = 1; priority <= FENCE_PRIORITIES; priority++) {
		for (int side = 0; side < 2; side++) {
			int r;

			hook.attach_point = side ? BPF_TC_EGRESS : BPF_TC_INGRESS;
			r = detach(&hook, priority);
			if (r < 0)
				return r;
			removed += r;
		}
	}
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	if (removed && fence_tc_clsact(ifindex) > 0 && fence_tc_filters(ifindex) == 0)
		bpf_tc_hook_destroy(&hook);
	return removed;
}

int fence_remove_all(void)
{
	struct if_nameindex *all = if_nameindex();
	int removed = 0, error = 0;

	if (!all)
		return -errno;
	libbpf_set_print(NULL);
	for (struct if_nameindex *i = all; i->if_index; i++) {
		int r = remove_from(i->if_index);

		if (r > 0)
			removed += r;
		else if (r < 0 && r != -ENODEV)
			error = r;
	}
	if_freenameindex(all);
	return error ? error : removed;
}
