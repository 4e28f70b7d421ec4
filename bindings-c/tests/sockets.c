// Sockets: a connection of this program's own, with its tcp_info and its owner.
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

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
            CHECK(one.owner_count == 1 && netshoot_listing_inet_socket_owner(sockets, i, 0, &owner) == 0);
            CHECK(owner.pid == (uint32_t)getpid() && owner.fd == (uint32_t)client && owner.name[0]);
            CHECK(netshoot_listing_inet_socket_owner(sockets, i, 1, &owner) == -1);
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
            CHECK(netshoot_listing_unix_socket_owner(local, i, j, &owner) == 0);
            own += owner.pid == (uint32_t)getpid() && (owner.fd == (uint32_t)pair[0] || owner.fd == (uint32_t)pair[1]);
        }
    }
    CHECK(own == 2);
    netshoot_listing_free(local);
    netshoot_netlink_free(netlink);
    close(pair[0]);
    close(pair[1]);
    close(client);
    close(listener);
    return 0;
}
