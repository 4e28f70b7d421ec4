// Sockets: a connection of this program's own, with its tcp_info and its owner.
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static int closed(const netshoot_inet_socket_t *socket, void *context)
{
    unsigned *ports = context;
    if (socket && socket->source_port == ports[0] && socket->tcp_info)
        ports[1]++;
    return ports[1] > 0;
}

// A connection that is closed is told with what TCP knew of it.
static void closing(const netshoot_netlink_t *netlink, int client)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_closing_sockets_t *sockets = netshoot_closing_sockets_open(netlink, IPPROTO_TCP, &error);
    struct sockaddr_in end;
    socklen_t length = sizeof end;
    struct linger at_once = {1, 0};
    unsigned ports[2] = {0};

    CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    CHECK(getsockname(client, (struct sockaddr *)&end, &length) == 0);
    ports[0] = ntohs(end.sin_port);
    close(client);
    CHECK(sockets);
    CHECK(netshoot_closing_sockets_run(sockets, -1, closed, ports, &error) == -1);
    CHECK(netshoot_closing_sockets_run(sockets, 100, NULL, ports, &error) == -1);
    CHECK(netshoot_closing_sockets_run(sockets, 5000, closed, ports, &error) > 0 && ports[1] == 1);
    netshoot_closing_sockets_free(sockets);
    netshoot_closing_sockets_free(NULL);
}

// Packet and netlink sockets of this process's own.
static void others(const netshoot_netlink_t *netlink)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    int packet = socket(AF_PACKET, SOCK_DGRAM, htons(3));
    netshoot_listing_t *packets = netshoot_packet_sockets_list(netlink, NULL, true, &error);
    netshoot_listing_t *netlinks = netshoot_netlink_sockets_list(netlink, NULL, true, &error);
    netshoot_packet_socket_t one;
    netshoot_netlink_socket_t two;
    netshoot_owner_t owner;
    size_t own = 0;

    CHECK(packets && netlinks && strcmp(netshoot_listing_kind(netlinks), "netlink_socket") == 0);
    for (size_t i = 0; i < netshoot_listing_count(packets); i++) {
        CHECK(netshoot_listing_packet_socket(packets, i, &one) == 0);
        if (one.owner_count > 0 && netshoot_listing_socket_owner(packets, i, 0, &owner) == 0)
            if (owner.pid == (uint32_t)getpid() && owner.fd == (uint32_t)packet) {
                own++;
                CHECK(one.protocol == 3 && one.kind == SOCK_DGRAM);
            }
    }
    CHECK(own == (packet >= 0));
    for (own = 0; own < netshoot_listing_count(netlinks); own++)
        CHECK(netshoot_listing_netlink_socket(netlinks, own, &two) == 0);
    CHECK(own > 0 && netshoot_listing_netlink_socket(packets, 0, &two) == -1);
    const char *reason = netshoot_listing_unreadable_reason(packets);
    if (netshoot_listing_unreadable_processes(packets) == 0)
        CHECK(reason == NULL);
    else
        CHECK(strstr(reason, "CAP_SYS_PTRACE") != NULL);
    netshoot_listing_free(packets);
    netshoot_listing_free(netlinks);
    if (packet >= 0)
        close(packet);
    CHECK(netshoot_netlink_socket(netlink, -1, 0, 0, &error) == -1 && error.message[0]);
}

int main(void)
{
    struct sockaddr_in end = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof end;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&end, sizeof end) == 0 && listen(listener, 7) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&end, &length) == 0);
    CHECK(connect(client, (struct sockaddr *)&end, sizeof end) == 0);

    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_netlink_t *netlink = netshoot_netlink_open(NULL, &error);
    netshoot_listing_t *sockets = netshoot_inet_sockets_list(netlink, IPPROTO_TCP, NULL, true, &error);
    netshoot_inet_socket_t one;
    netshoot_owner_t owner;
    int found = 0;
    CHECK(sockets);
    for (size_t i = 0; i < netshoot_listing_count(sockets); i++) {
        CHECK(netshoot_listing_inet_socket(sockets, i, &one) == 0 && one.protocol == IPPROTO_TCP);
        if (one.state == 10 && one.source_port == ntohs(end.sin_port)) {
            found++;
            CHECK(one.send_queue == 7 && one.receive_queue == 1);
        }
        if (one.state == 1 && one.destination_port == ntohs(end.sin_port)) {
            struct tcp_info info = {0};
            found++;
            CHECK(one.tcp_info && one.tcp_info_length > 100 && one.congestion);
            memcpy(&info, one.tcp_info, one.tcp_info_length < sizeof info ? one.tcp_info_length : sizeof info);
            CHECK(info.tcpi_state == 1 && info.tcpi_snd_cwnd > 0);
            CHECK(one.owner_count == 1 && netshoot_listing_socket_owner(sockets, i, 0, &owner) == 0);
            CHECK(owner.pid == (uint32_t)getpid() && owner.fd == (uint32_t)client && owner.name[0]);
            CHECK(netshoot_listing_socket_owner(sockets, i, 1, &owner) == -1);
        }
    }
    CHECK(found == 2);
    netshoot_listing_free(sockets);

    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    netshoot_listing_t *listening = netshoot_inet_sockets_list(netlink, 0, "state listening", false, &error);
    CHECK(listening && netshoot_listing_count(listening) > 0);
    for (size_t i = 0; i < netshoot_listing_count(listening); i++)
        CHECK(netshoot_listing_inet_socket(listening, i, &one) == 0 && one.state == 10);
    netshoot_listing_free(listening);
    char filter[80];
    snprintf(filter, sizeof filter, "sport = :%u and not dst 127.0.0.0/8", (unsigned)ntohs(end.sin_port));
    netshoot_listing_t *filtered = netshoot_inet_sockets_list(netlink, 0, filter, false, &error);
    CHECK(filtered && netshoot_listing_count(filtered) == 1);
    CHECK(netshoot_listing_inet_socket(filtered, 0, &one) == 0 && one.state == 10 && one.send_queue == 7);
    netshoot_listing_free(filtered);
    CHECK(!netshoot_inet_sockets_list(netlink, 0, "sport = :nonsense", false, &error));
    CHECK(error.kind == NETSHOOT_ERROR_INVALID_INPUT && strstr(error.message, "at octet 8"));
    CHECK(!netshoot_unix_sockets_list(netlink, "(", false, &error));
    filtered = netshoot_netlink_sockets_list(netlink, "src netlink:rtnl:kernel", false, &error);
    CHECK(filtered && netshoot_listing_count(filtered) == 1);
    netshoot_listing_free(filtered);
    filtered = netshoot_unix_sockets_list(netlink, "src unix:@no-such-name-*", false, &error);
    CHECK(filtered && netshoot_listing_count(filtered) == 0);
    netshoot_listing_free(filtered);
    netshoot_listing_t *local = netshoot_unix_sockets_list(netlink, NULL, true, &error);
    netshoot_unix_socket_t unix_socket;
    size_t own = 0;
    CHECK(local);
    for (size_t i = 0; i < netshoot_listing_count(local); i++) {
        CHECK(netshoot_listing_unix_socket(local, i, &unix_socket) == 0);
        for (size_t j = 0; j < unix_socket.owner_count; j++) {
            CHECK(netshoot_listing_socket_owner(local, i, j, &owner) == 0);
            own += owner.pid == (uint32_t)getpid() && (owner.fd == (uint32_t)pair[0] || owner.fd == (uint32_t)pair[1]);
        }
    }
    CHECK(own == 2);
    netshoot_listing_free(local);
    others(netlink);
    closing(netlink, client);
    netshoot_netlink_free(netlink);
    close(pair[0]);
    close(pair[1]);
    close(listener);
    return 0;
}
