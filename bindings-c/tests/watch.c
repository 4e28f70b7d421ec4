// A watch: what is there at first, a loop of the caller's own, and its end.
#include <poll.h>

#include "check.h"

struct seen {
    uint64_t last;
    int links;
    int stop_after;
};

static int see(const netshoot_event_t *event, void *context)
{
    struct seen *seen = context;
    CHECK(event->number == seen->last + 1);
    CHECK(event->json && event->json[0] == '{');
    seen->last = event->number;
    if (event->event == NETSHOOT_EVENT_ADDED) {
        CHECK(event->kind);
        seen->links += strcmp(event->kind, "link") == 0;
    }
    return seen->stop_after > 0 && --seen->stop_after == 0;
}

int main(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_netlink_t *netlink = netshoot_netlink_open(NULL, &error);
    netshoot_watch_options_t options = NETSHOOT_OPTIONS_INIT;
    options.initial = true;
    netshoot_watch_t *watch = netshoot_watch_open(netlink, &options, &error);
    struct seen seen = {.stop_after = 1};

    CHECK(watch);
    // The callback may end the call; what it has not seen comes with the next.
    CHECK(netshoot_watch_run(watch, 1000, see, &seen, &error) == 1);
    CHECK(netshoot_watch_run(watch, 1000, see, &seen, &error) > 1);
    CHECK(seen.links > 0);

    struct pollfd waits = {.fd = netshoot_watch_fd(watch), .events = POLLIN};
    int deadline = netshoot_watch_deadline_ms(watch);
    CHECK(waits.fd >= 0 && deadline != 0);
    (void)poll(&waits, 1, 1);
    CHECK(netshoot_watch_run(watch, 0, see, &seen, &error) >= 0);

    netshoot_canceller_t *canceller = netshoot_canceller_new(watch);
    CHECK(netshoot_canceller_cancel(canceller) == 0);
    CHECK(netshoot_watch_run(watch, -1, see, &seen, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_CANCELLED, "wait for changes");
    CHECK(netshoot_watch_run(watch, 0, NULL, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "callback is NULL");
    netshoot_watch_free(watch);
    CHECK(netshoot_canceller_cancel(canceller) == 0);
    netshoot_canceller_free(canceller);

    // Of some kinds, with a buffer of its own.
    options.kinds = "address,rule";
    options.buffer_bytes = 1 << 16;
    watch = netshoot_watch_open(netlink, &options, &error);
    CHECK(watch);
    seen = (struct seen){0};
    CHECK(netshoot_watch_run(watch, 1000, see, &seen, &error) > 0 && seen.links == 0);
    netshoot_watch_free(watch);
    options.kinds = "link,inet_socket";
    CHECK(!netshoot_watch_open(netlink, &options, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "kind inet_socket cannot be watched");
    options.kinds = "linc";
    CHECK(!netshoot_watch_open(netlink, &options, &error));
    netshoot_netlink_free(netlink);

    CHECK(!netshoot_watch_open(NULL, NULL, &error) && netshoot_watch_fd(NULL) == -1);
    CHECK(!netshoot_canceller_new(NULL) && netshoot_canceller_cancel(NULL) == -1);
    CHECK(netshoot_watch_deadline_ms(NULL) == -1);
    netshoot_watch_free(NULL);
    netshoot_canceller_free(NULL);
    return 0;
}
