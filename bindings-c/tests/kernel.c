// The kernel's own view: links, addresses, routes and the rest of this namespace, and wrong arguments.
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arrow_abi.h"
#include "check.h"

// Every way to name the namespace leads to the same loopback link.
static netshoot_netlink_t *open_every_way(void)
{
    char pid[16];
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    netshoot_netlink_t *handles[] = {
        netshoot_netlink_open("/proc/self/ns/net", NULL), netshoot_netlink_open(pid, NULL),
        netshoot_netlink_open_pid((uint32_t)getpid(), NULL), netshoot_netlink_open_fd(fd, NULL),
        netshoot_netlink_open(NULL, NULL),
    };
    size_t count = sizeof handles / sizeof *handles;
    close(fd);
    for (size_t i = 0; i < count; i++) {
        netshoot_link_t link;
        CHECK(handles[i]);
        netshoot_listing_t *links = netshoot_links_list(handles[i], NULL, NULL);
        CHECK(links && netshoot_listing_link(links, 0, &link) == 0 && strcmp(link.name, "lo") == 0);
        netshoot_listing_free(links);
        if (i + 1 < count)
            netshoot_netlink_free(handles[i]);
    }
    return handles[count - 1];
}

static void links(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_listing_t *links = netshoot_links_list(netlink, NULL, &error);
    struct if_nameindex *expected = if_nameindex();
    netshoot_link_t link;
    bool found = false;

    CHECK(links && expected && strcmp(netshoot_listing_kind(links), "link") == 0);
    CHECK(netshoot_listing_consistency(links) == NETSHOOT_CONSISTENCY_CHECKED);
    CHECK(!netshoot_listing_interrupted(links));
    for (size_t i = 0; i < netshoot_listing_count(links); i++) {
        CHECK(netshoot_listing_link(links, i, &link) == 0);
        if (link.flags & IFF_LOOPBACK) {
            found = true;
            CHECK(link.hardware_type == 772 && link.hardware_address_length == 6 && !link.kind && link.qdisc);
            CHECK(link.index == expected->if_index && strcmp(link.name, expected->if_name) == 0);
        }
    }
    CHECK(found);
    if_freenameindex(expected);

    const char *json = netshoot_listing_json(links);
    CHECK(json && strstr(json, "\"schema_version\":1") && strstr(json, "\"ifname\":\"lo\""));
    CHECK(json == netshoot_listing_json(links));
    netshoot_listing_free(links);
}

static void addresses(const netshoot_netlink_t *netlink)
{
    netshoot_listing_t *addresses = netshoot_addresses_list(netlink, NULL, NULL);
    bool found = false;

    CHECK(addresses);
    for (size_t i = 0; i < netshoot_listing_count(addresses); i++) {
        netshoot_link_address_t address;
        char text[INET6_ADDRSTRLEN];
        CHECK(netshoot_listing_address(addresses, i, &address) == 0);
        netshoot_address_format(&address.address, text, sizeof text);
        if (strcmp(text, "127.0.0.1") == 0) {
            found = true;
            CHECK(address.prefix_length == 8 && address.scope == 254 && address.peer.version == 0);
            CHECK(address.valid_s == UINT32_MAX && strcmp(address.label, "lo") == 0);
        }
    }
    CHECK(found);
    netshoot_listing_free(addresses);
}

static void routes(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_filter_t local = {.table = 255, .family = AF_INET};
    netshoot_listing_t *routes = netshoot_routes_list(netlink, &local, &error);
    netshoot_route_query_t query = {0};
    netshoot_route_answer_t answer;
    netshoot_route_t route;
    netshoot_hop_t hop;

    CHECK(routes && netshoot_listing_count(routes) > 0);
    for (size_t i = 0; i < netshoot_listing_count(routes); i++) {
        CHECK(netshoot_listing_route(routes, i, &route) == 0 && route.table == 255 && route.family == AF_INET);
        CHECK(netshoot_listing_route_hop(routes, i, route.hop_count, &hop) == -1);
    }
    netshoot_listing_free(routes);

    CHECK(netshoot_route_get(netlink, &query, &answer, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "destination is NULL");
    query.destination.version = 4;
    memcpy(query.destination.bytes, "\x7f\0\0\1", 4);
    CHECK(netshoot_route_get(netlink, &query, &answer, &error) == 0);
    CHECK(answer.verdict == NETSHOOT_VERDICT_LOCAL && answer.source.version == 4 && answer.rule_priority == 0);
    query.has_uid = true;
    query.ip_protocol = IPPROTO_TCP;
    query.source_port = query.destination_port = 80;
    CHECK(netshoot_route_get(netlink, &query, &answer, &error) == 0 && answer.verdict == NETSHOOT_VERDICT_LOCAL);
}

static void the_rest(const netshoot_netlink_t *netlink)
{
    netshoot_listing_t *rules = netshoot_rules_list(netlink, NULL, NULL), *neighbors = netshoot_neighbors_list(netlink, NULL, NULL);
    netshoot_listing_t *fdb = netshoot_fdb_list(netlink, NULL, NULL), *qdiscs = netshoot_qdiscs_list(netlink, NULL, NULL);
    netshoot_listing_t *next_hops = netshoot_next_hops_list(netlink, NULL, NULL);
    netshoot_listing_t *buckets = netshoot_next_hop_buckets_list(netlink, NULL, NULL);
    netshoot_listing_t *packets = netshoot_packet_sockets_list(netlink, NULL, false, NULL);
    netshoot_listing_t *all[] = {rules, neighbors, fdb, qdiscs, next_hops, buckets, packets};
    netshoot_rule_t rule;
    netshoot_neighbor_t neighbor;
    netshoot_fdb_entry_t entry;
    netshoot_qdisc_t qdisc;
    netshoot_next_hop_t next_hop;
    netshoot_hop_t member;

    CHECK(rules && neighbors && fdb && qdiscs && next_hops && buckets && packets);
    CHECK(netshoot_listing_rule(rules, 0, &rule) == 0 && rule.priority == 0 && rule.action == 1 && !rule.in_link);
    for (size_t i = 0; i < netshoot_listing_count(neighbors); i++)
        CHECK(netshoot_listing_neighbor(neighbors, i, &neighbor) == 0 && neighbor.link_index > 0);
    for (size_t i = 0; i < netshoot_listing_count(fdb); i++)
        CHECK(netshoot_listing_fdb_entry(fdb, i, &entry) == 0 && entry.link_index > 0);
    for (size_t i = 0; i < netshoot_listing_count(qdiscs); i++)
        CHECK(netshoot_listing_qdisc(qdiscs, i, &qdisc) == 0 && qdisc.kind && qdisc.link_index > 0);
    for (size_t i = 0; i < netshoot_listing_count(next_hops); i++) {
        CHECK(netshoot_listing_next_hop(next_hops, i, &next_hop) == 0);
        CHECK(netshoot_listing_next_hop_member(next_hops, i, next_hop.member_count, &member) == -1);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct ArrowArrayStream stream;
        struct ArrowSchema schema;
        CHECK(netshoot_listing_arrow(all[i], &stream, NULL) == 0);
        CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children > 4);
        schema.release(&schema);
        stream.release(&stream);
        CHECK(netshoot_listing_json(all[i]));
        netshoot_listing_free(all[i]);
    }
}

// What each field of a filter leaves in, and that the others are refused.
static void filters(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_filter_t loopback = {.link_index = 1}, up = {.only_up = true}, veth = {.kind = "veth"};
    netshoot_filter_t v6 = {.family = AF_INET6}, first = {.priority = 32766};
    netshoot_listing_t *listing = netshoot_links_list(netlink, &loopback, &error);
    netshoot_link_address_t address;
    netshoot_rule_t rule;
    netshoot_link_t link;

    CHECK(listing && netshoot_listing_count(listing) == 1);
    CHECK(netshoot_listing_link(listing, 0, &link) == 0 && strcmp(link.name, "lo") == 0);
    netshoot_listing_free(listing);
    CHECK((listing = netshoot_links_list(netlink, &up, NULL)));
    for (size_t i = 0; i < netshoot_listing_count(listing); i++)
        CHECK(netshoot_listing_link(listing, i, &link) == 0 && link.flags & IFF_UP);
    netshoot_listing_free(listing);
    CHECK((listing = netshoot_links_list(netlink, &veth, NULL)));
    for (size_t i = 0; i < netshoot_listing_count(listing); i++)
        CHECK(netshoot_listing_link(listing, i, &link) == 0 && strcmp(link.kind, "veth") == 0);
    netshoot_listing_free(listing);
    CHECK((listing = netshoot_addresses_list(netlink, &v6, NULL)));
    for (size_t i = 0; i < netshoot_listing_count(listing); i++)
        CHECK(netshoot_listing_address(listing, i, &address) == 0 && address.address.version == 6);
    netshoot_listing_free(listing);
    CHECK((listing = netshoot_rules_list(netlink, &first, NULL)));
    for (size_t i = 0; i < netshoot_listing_count(listing); i++)
        CHECK(netshoot_listing_rule(listing, i, &rule) == 0 && rule.priority == 32766);
    netshoot_listing_free(listing);

    CHECK(!netshoot_qdiscs_list(netlink, &veth, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "filter->kind");
    CHECK(!netshoot_fdb_list(netlink, &v6, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "filter->family");
}

// The caller's own namespace is among those of the host, and this process is in it.
static void namespaces(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_namespaces_t *namespaces = netshoot_namespaces_list(netlink, &error);
    netshoot_namespace_t one = {0};
    netshoot_process_t process;
    bool found = false;

    CHECK(namespaces && netshoot_namespaces_count(namespaces) > 0);
    for (size_t i = 0; i < netshoot_namespaces_count(namespaces); i++) {
        CHECK(netshoot_namespaces_namespace(namespaces, i, &one) == 0 && one.inode > 0);
        for (size_t j = 0; j < one.process_count; j++) {
            CHECK(netshoot_namespaces_process(namespaces, i, j, &process) == 0);
            if (process.pid == (uint32_t)getpid()) {
                found = true;
                CHECK(one.is_current && process.start_time > 0 && process.name[0] && process.thread_count == 0);
            }
        }
        CHECK(netshoot_namespaces_process(namespaces, i, one.process_count, &process) == -1);
        CHECK((one.name_count > 0) == (one.name != NULL) && (one.container_count > 0) == (one.container != NULL));
    }
    CHECK(found);
    CHECK(netshoot_namespaces_namespace(namespaces, netshoot_namespaces_count(namespaces), &one) == -1);
    CHECK(strstr(netshoot_namespaces_json(namespaces), "\"processes\""));
    CHECK(netshoot_namespaces_denied_count(NULL) == 0 && netshoot_namespaces_count(NULL) == 0);
    netshoot_namespaces_free(namespaces);
    netshoot_namespaces_free(NULL);
}

// What the listings have is found by its address, and what they have not is not there.
static void lookups(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_listing_t *neighbors = netshoot_neighbors_list(netlink, NULL, NULL);
    netshoot_address_t nowhere = {.bytes = {198, 51, 100, 77}, .version = 4};
    netshoot_neighbor_t neighbor, found;
    netshoot_fdb_entry_t entry;

    for (size_t i = 0; i < netshoot_listing_count(neighbors); i++) {
        CHECK(netshoot_listing_neighbor(neighbors, i, &neighbor) == 0);
        if (!(neighbor.flags & 8) && netshoot_neighbor_get(netlink, &neighbor.address, neighbor.link_index, false, &found, &error) == 1)
            CHECK(found.link_index == neighbor.link_index);
    }
    netshoot_listing_free(neighbors);
    CHECK(netshoot_neighbor_get(netlink, &nowhere, 1, false, &found, &error) == 0);
    CHECK(netshoot_neighbor_get(netlink, NULL, 1, false, &found, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "address is NULL");
    CHECK(netshoot_fdb_get(netlink, NULL, 1, 0, 0, &entry, &error) == -1);
    CHECK(netshoot_fdb_get(netlink, (const uint8_t *)"\2\0\0\0\0\x77", 1, 0, 0, &entry, &error) <= 0);
}

static void counters(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_counters_t *counters = netshoot_counters_list(netlink, &error);
    netshoot_counters_t *later;
    netshoot_delta_t *delta;
    netshoot_change_t change;
    size_t explained = 0;
    netshoot_counter_t counter, found;
    struct ArrowArrayStream stream;

    CHECK(counters && netshoot_counters_count(counters) > 100);
    for (size_t i = 0; i < netshoot_counters_count(counters); i++) {
        CHECK(netshoot_counters_counter(counters, i, &counter) == 0 && counter.name[0]);
        CHECK(netshoot_counters_find(counters, counter.name, &found) == 0 && found.name == counter.name);
    }
    CHECK(netshoot_counters_find(counters, "IpInReceives", &found) == 0 && !found.is_gauge);
    CHECK(netshoot_counters_find(counters, "NoSuchCounter", &found) == -1);
    CHECK(netshoot_counters_counter(counters, netshoot_counters_count(counters), &found) == -1);
    CHECK(strstr(netshoot_counters_json(counters), "IpInReceives"));
    CHECK(netshoot_counters_arrow(counters, &stream, &error) == 0);
    stream.release(&stream);

    int fd = netshoot_netlink_socket(netlink, AF_INET, SOCK_DGRAM, 0, &error);
    struct sockaddr_in closed = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    CHECK(fd >= 0 && sendto(fd, "x", 1, 0, (struct sockaddr *)&closed, sizeof closed) == 1);
    close(fd);
    CHECK((later = netshoot_counters_list(netlink, NULL)) && (delta = netshoot_counters_delta(later, counters, &error)));
    CHECK(netshoot_delta_count(delta) > 100 && strstr(netshoot_delta_json(delta), "\"same_namespace\":true"));
    for (size_t i = 0; i < netshoot_delta_count(delta); i++) {
        CHECK(netshoot_delta_change(delta, i, &change) == 0 && (change.is_gauge || change.difference >= 0));
        explained += change.explanation != NULL;
        if (strcmp(change.name, "UdpOutDatagrams") == 0)
            CHECK(change.difference > 0 && change.rate > 0 && !change.was_reset && strstr(change.explanation, "sent"));
    }
    CHECK(explained > 100 && netshoot_delta_change(delta, netshoot_delta_count(delta), &change) == -1);
    CHECK(!netshoot_counters_delta(later, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "earlier is NULL");
    netshoot_delta_free(delta);
    netshoot_delta_free(NULL);
    netshoot_counters_free(later);
    netshoot_counters_free(counters);
}

static void wrong_arguments(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_listing_t *links = netshoot_links_list(netlink, NULL, NULL);
    netshoot_route_t route;
    netshoot_link_t link;

    CHECK(!netshoot_netlink_open("no-such-namespace", &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "no-such-namespace");
    CHECK(!netshoot_netlink_open_fd(-1, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "negative");
    CHECK(!netshoot_links_list(NULL, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "netlink is NULL");
    CHECK(netshoot_listing_route(links, 0, &route) == -1);
    CHECK(netshoot_listing_link(links, 1u << 30, &link) == -1 && netshoot_listing_link(links, 0, NULL) == -1);
    CHECK(netshoot_listing_count(NULL) == 0 && !netshoot_listing_json(NULL) && !netshoot_listing_kind(NULL));
    CHECK(netshoot_listing_consistency(NULL) == -1 && !netshoot_listing_interrupted(NULL));
    CHECK(netshoot_listing_arrow(NULL, NULL, NULL) == -1 && netshoot_counters_count(NULL) == 0);
    netshoot_listing_free(links);
    netshoot_listing_free(NULL);
    netshoot_netlink_free(NULL);
    netshoot_counters_free(NULL);
}

int main(void)
{
    netshoot_netlink_t *netlink = open_every_way();
    links(netlink);
    addresses(netlink);
    routes(netlink);
    the_rest(netlink);
    filters(netlink);
    lookups(netlink);
    namespaces(netlink);
    counters(netlink);
    wrong_arguments(netlink);
    netshoot_netlink_free(netlink);
    return 0;
}
