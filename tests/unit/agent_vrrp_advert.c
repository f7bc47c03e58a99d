/* Advertisements of VRRP and CARP, as keepalived and ucarp send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "agent/vrrp_advert.h"
#include "conf/conf_address.h"

static struct vrrp_advert advert;

static void assert_address(int i, const char *text)
{
	struct conf_address expected = {0};
	const char *why;

	assert_int_equal(address_read(text, &expected, &why), 0);
	assert_true(address_same(&advert.address[i], &expected));
}

static void test_vrrp_2_tells_its_addresses(void **state)
{
	const uint8_t bytes[] = {0x21, 50, 102, 2, 0, 1, 0xaa, 0xbb, 192, 0, 2, 50, 192, 0, 2, 51, 0, 0, 0, 0, 0, 0, 0, 0};

	(void)state;
	assert_int_equal(vrrp_advert_read(bytes, sizeof(bytes), AF_INET, &advert), VRRP_OK);
	assert_int_equal(advert.kind, VRRP_KIND_VRRP);
	assert_int_equal(advert.router, 50);
	assert_int_equal(advert.priority, 102);
	assert_int_equal(advert.addresses, 2);
	assert_address(0, "192.0.2.50");
	assert_address(1, "192.0.2.51");
	assert_int_equal(vrrp_advert_read(bytes, sizeof(bytes) - 1, AF_INET, &advert), VRRP_BAD_LENGTH);
}

static void test_vrrp_3_tells_them_in_both_families(void **state)
{
	const uint8_t four[] = {0x31, 7, 255, 1, 0, 100, 0xaa, 0xbb, 192, 0, 2, 50};
	const uint8_t six[] = {0x31, 7, 255, 1, 0, 100, 0xaa, 0xbb, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50};

	(void)state;
	assert_int_equal(vrrp_advert_read(four, sizeof(four), AF_INET, &advert), VRRP_OK);
	assert_int_equal(advert.addresses, 1);
	assert_address(0, "192.0.2.50");
	assert_int_equal(vrrp_advert_read(six, sizeof(six), AF_INET6, &advert), VRRP_OK);
	assert_int_equal(advert.addresses, 1);
	assert_address(0, "2001:db8::50");
	assert_int_equal(vrrp_advert_read(six, sizeof(six) - 1, AF_INET6, &advert), VRRP_BAD_LENGTH);
}

static void test_carp_is_no_vrrp_and_tells_none(void **state)
{
	uint8_t bytes[36] = {0x21, 9, 0, 7, 0, 1};

	(void)state;
	assert_int_equal(vrrp_advert_read(bytes, sizeof(bytes), AF_INET, &advert), VRRP_OK);
	assert_int_equal(advert.kind, VRRP_KIND_CARP);
	assert_int_equal(advert.router, 9);
	assert_int_equal(advert.addresses, 0);
}

static void test_what_is_none_is_refused_and_touches_nothing(void **state)
{
	const uint8_t other[] = {0x22, 50, 102, 0, 0, 1, 0, 0}, many[8] = {0x31, 1, 1, 255};
	struct vrrp_advert before;

	(void)state;
	memset(&advert, 0x5a, sizeof(advert));
	before = advert;
	assert_int_equal(vrrp_advert_read(other, 7, AF_INET, &advert), VRRP_TOO_SHORT);
	assert_int_equal(vrrp_advert_read(other, 8, AF_INET, &advert), VRRP_VERSION_UNKNOWN);
	assert_int_equal(vrrp_advert_read(many, 8, AF_INET, &advert), VRRP_BAD_LENGTH);
	assert_memory_equal(&advert, &before, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vrrp_2_tells_its_addresses),
		cmocka_unit_test(test_vrrp_3_tells_them_in_both_families),
		cmocka_unit_test(test_carp_is_no_vrrp_and_tells_none),
		cmocka_unit_test(test_what_is_none_is_refused_and_touches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
