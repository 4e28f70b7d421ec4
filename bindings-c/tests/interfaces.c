// Interfaces: those of this host as libc sees them, and wrong arguments.
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <net/if.h>

#include "check.h"

static bool has(const struct if_nameindex *list, unsigned index, const char *name)
{
    for (; list->if_index != 0; list++)
        if (list->if_index == index && strcmp(list->if_name, name) == 0)
            return true;
    return false;
}

// Others may make and remove interfaces meanwhile: those that were there before and after must be in the listing.
static void as_libc_sees_them(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct if_nameindex *before = if_nameindex();
    netshoot_interfaces_t *interfaces = netshoot_interfaces_list(NULL, &error);
    struct if_nameindex *after = if_nameindex();
    size_t compared = 0;

    CHECK(interfaces && before && after);
    for (const struct if_nameindex *expected = before; expected->if_index != 0; expected++) {
        size_t found = 0;
        if (!has(after, expected->if_index, expected->if_name))
            continue;
        for (size_t i = 0; i < netshoot_interfaces_count(interfaces); i++) {
            netshoot_interface_t interface;
            CHECK(netshoot_interfaces_interface(interfaces, i, &interface) == 0);
            CHECK(interface.hardware_address_length <= 32);
            found += interface.index == expected->if_index && strcmp(interface.name, expected->if_name) == 0;
        }
        CHECK(found == 1);
        compared++;
    }
    CHECK(compared > 0);
    if_freenameindex(before);
    if_freenameindex(after);
    netshoot_interfaces_free(interfaces);
}

static void loopback(void)
{
    netshoot_interfaces_t *interfaces = netshoot_interfaces_list("/proc/self/ns/net", NULL);
    bool found = false;

    CHECK(interfaces);
    (void)netshoot_interfaces_interrupted(interfaces);
    for (size_t i = 0; i < netshoot_interfaces_count(interfaces); i++) {
        netshoot_interface_t interface;
        netshoot_interface_address_t address;
        CHECK(netshoot_interfaces_interface(interfaces, i, &interface) == 0);
        if (!(interface.flags & IFF_LOOPBACK))
            continue;
        found = true;
        CHECK(strcmp(interface.name, "lo") == 0 && interface.hardware_type == 772 && interface.mtu > 0);
        for (size_t j = 0; j < interface.address_count; j++) {
            char text[INET6_ADDRSTRLEN];
            CHECK(netshoot_interfaces_address(interfaces, i, j, &address) == 0);
            CHECK(netshoot_address_format(&address.address, text, sizeof text) > 0);
            if (strcmp(text, "127.0.0.1") == 0)
                CHECK(address.prefix_length == 8 && address.scope == 254 && address.peer.version == 0);
        }
        CHECK(netshoot_interfaces_address(interfaces, i, interface.address_count, &address) == -1);
    }
    CHECK(found);
    netshoot_interfaces_free(interfaces);
}

static void wrong_arguments(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_interface_t interface;

    CHECK(!netshoot_interfaces_list("/nonexistent", &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "/nonexistent");
    CHECK(!netshoot_interfaces_list("/etc/passwd", &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "not a network namespace");
    CHECK(netshoot_interfaces_count(NULL) == 0 && !netshoot_interfaces_interrupted(NULL));
    CHECK(netshoot_interfaces_interface(NULL, 0, &interface) == -1);
    CHECK(netshoot_interfaces_address(NULL, 0, 0, NULL) == -1);
    netshoot_interfaces_t *interfaces = netshoot_interfaces_list(NULL, NULL);
    CHECK(netshoot_interfaces_interface(interfaces, 1u << 30, &interface) == -1);
    CHECK(netshoot_interfaces_interface(interfaces, 0, NULL) == -1);
    netshoot_interfaces_free(interfaces);
    netshoot_interfaces_free(NULL);
}

int main(void)
{
    as_libc_sees_them();
    loopback();
    wrong_arguments();
    return 0;
}
