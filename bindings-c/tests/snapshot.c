// Snapshots, and what differs between two: a socket that is there, listens, and is gone.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static netshoot_snapshot_t *take(const netshoot_netlink_t *netlink, const char *kinds)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_snapshot_t *snapshot = netshoot_snapshot_take(netlink, kinds, &error);
    CHECK(snapshot);
    return snapshot;
}

// The changes of the socket with this port.
static int changes(const netshoot_diff_t *diff, const char *port, int event, size_t *place)
{
    int count = 0;
    for (size_t index = 0; index < netshoot_diff_count(diff); index++) {
        netshoot_object_change_t change;
        CHECK(netshoot_diff_change(diff, index, &change) == 0);
        CHECK(strcmp(change.kind, "inet_socket") == 0 && change.key && change.key[0]);
        const char *json = netshoot_diff_json(diff, index);
        CHECK(json && json == netshoot_diff_json(diff, index));
        if (change.event == event && strstr(json, port)) {
            count++;
            *place = index;
        }
    }
    return count;
}

int main(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_netlink_t *netlink = netshoot_netlink_open(NULL, &error);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char port[32];

    netshoot_snapshot_t *before = take(netlink, "inet_socket");
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(tcp, (struct sockaddr *)&address, length) == 0 && listen(tcp, 1) == 0);
    CHECK(getsockname(tcp, (struct sockaddr *)&address, &length) == 0);
    snprintf(port, sizeof port, "\"source_port\":%u,", ntohs(address.sin_port));
    netshoot_snapshot_t *listening = take(netlink, "inet_socket,link");
    CHECK(listen(tcp, 7) == 0);
    netshoot_snapshot_t *longer = take(netlink, "inet_socket");
    close(tcp);
    netshoot_snapshot_t *after = take(netlink, "inet_socket");

    size_t place = 0;
    netshoot_diff_t *diff = netshoot_snapshot_diff(before, listening, false, &error);
    CHECK(changes(diff, port, NETSHOOT_EVENT_ADDED, &place) == 1);
    netshoot_object_change_t change;
    CHECK(netshoot_diff_change(diff, place, &change) == 0 && change.field_count == 0);
    CHECK(netshoot_diff_change(diff, netshoot_diff_count(diff), &change) == -1);
    CHECK(!netshoot_diff_json(diff, netshoot_diff_count(diff)) && !netshoot_diff_field(diff, place, 0));
    netshoot_diff_free(diff);

    // What moves by itself counts only if it is asked for.
    diff = netshoot_snapshot_diff(listening, longer, true, &error);
    CHECK(changes(diff, port, NETSHOOT_EVENT_CHANGED, &place) == 1);
    CHECK(netshoot_diff_change(diff, place, &change) == 0 && change.field_count > 0);
    CHECK(strcmp(netshoot_diff_field(diff, place, 0), "wqueue") == 0);
    CHECK(!netshoot_diff_field(diff, place, change.field_count));
    netshoot_diff_free(diff);

    diff = netshoot_snapshot_diff(longer, after, false, &error);
    // Differences outlive the snapshots.
    const char *json = netshoot_snapshot_json(listening);
    CHECK(json && strstr(json, "\"schema_version\":1") && strstr(json, "\"routes\":\"not_asked\""));
    CHECK(strstr(json, "\"links\":{\"known\":"));
    netshoot_snapshot_free(before);
    netshoot_snapshot_free(listening);
    netshoot_snapshot_free(longer);
    netshoot_snapshot_free(after);
    CHECK(changes(diff, port, NETSHOOT_EVENT_REMOVED, &place) == 1);
    netshoot_diff_free(diff);

    // What only one of them has is told.
    netshoot_snapshot_t *links = take(netlink, "link"), *routes = take(netlink, "link,route");
    diff = netshoot_snapshot_diff(routes, links, false, &error);
    CHECK(strcmp(netshoot_diff_uncompared(diff), "{\"route\":\"only the old were listed\"}") == 0);
    netshoot_diff_free(diff);
    diff = netshoot_snapshot_diff(links, links, false, &error);
    CHECK(strcmp(netshoot_diff_uncompared(diff), "{}") == 0);
    netshoot_diff_free(diff);
    netshoot_snapshot_free(links);
    netshoot_snapshot_free(routes);
    CHECK(!netshoot_diff_uncompared(NULL));

    netshoot_snapshot_t *watched = take(netlink, NULL);
    CHECK(strstr(netshoot_snapshot_json(watched), "\"unix_sockets\":\"not_asked\""));
    CHECK(!netshoot_snapshot_diff(watched, NULL, false, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "new_snapshot is NULL");
    // In a namespace of its own, which needs root.
    if (unshare(CLONE_NEWNET) == 0) {
        netshoot_netlink_t *other = netshoot_netlink_open(NULL, &error);
        netshoot_snapshot_t *elsewhere = take(other, NULL);
        CHECK(!netshoot_snapshot_diff(watched, elsewhere, false, &error));
        CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "different namespaces");
        netshoot_snapshot_free(elsewhere);
        netshoot_netlink_free(other);
    }
    netshoot_snapshot_free(watched);
    CHECK(!netshoot_snapshot_take(netlink, "link,linc", &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "\"linc\"");
    netshoot_netlink_free(netlink);

    CHECK(!netshoot_snapshot_take(NULL, NULL, &error) && !netshoot_snapshot_json(NULL));
    CHECK(netshoot_diff_count(NULL) == 0 && netshoot_diff_change(NULL, 0, &change) == -1);
    CHECK(!netshoot_diff_json(NULL, 0) && !netshoot_diff_field(NULL, 0, 0));
    netshoot_snapshot_free(NULL);
    netshoot_diff_free(NULL);
    return 0;
}
