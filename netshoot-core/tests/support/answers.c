/* Loaded into a program of iproute2 (LD_PRELOAD), answers what it asks of rtnetlink with messages from the file that
 * NETSHOOT_ANSWERS names, so that the program shows objects that the running kernel cannot make.
 *
 * The file is a row of netlink messages. A dump is answered by all those of the type that was asked for; a question
 * about one link by that of its index or name; anything else by nothing. Sockets of other protocols are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SOCKETS 1024

/* What the next reading of each socket gets. */
static struct answer {
    char *octets;
    size_t length;
} answers[SOCKETS];

static int is_route(int fd)
{
    int domain = 0, protocol = -1;
    socklen_t length = sizeof(int);

    if (fd < 0 || fd >= SOCKETS || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0)
        return 0;
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
    return domain == AF_NETLINK && protocol == NETLINK_ROUTE;
}

static void put(int fd, struct nlmsghdr header, const void *payload, const struct nlmsghdr *question)
{
    struct answer *answer = &answers[fd];
    struct sockaddr_nl own = {0};
    socklen_t own_length = sizeof(own);
    size_t length = NLMSG_ALIGN(header.nlmsg_len);

    getsockname(fd, (struct sockaddr *)&own, &own_length);
    header.nlmsg_seq = question->nlmsg_seq;
    header.nlmsg_pid = own.nl_pid;
    answer->octets = realloc(answer->octets, answer->length + length);
    if (answer->octets == NULL)
        abort();
    memset(answer->octets + answer->length, 0, length);
    memcpy(answer->octets + answer->length, &header, sizeof(header));
    memcpy(answer->octets + answer->length + sizeof(header), payload, header.nlmsg_len - sizeof(header));
    answer->length += length;
}

/* The attribute `number` of a message about a link. */
static const char *link_attribute(const struct nlmsghdr *message, unsigned short number)
{
    const struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(message));
    int left = (int)IFLA_PAYLOAD(message);

    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        if ((attribute->rta_type & NLA_TYPE_MASK) == number)
            return RTA_DATA(attribute);
    return NULL;
}

static int is_wanted(const struct nlmsghdr *message, const struct nlmsghdr *question)
{
    const struct ifinfomsg *wanted = NLMSG_DATA(question), *link = NLMSG_DATA(message);
    const char *name;

    if (message->nlmsg_type != (question->nlmsg_type & ~3))
        return 0;
    if ((question->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
        return 1;
    if (question->nlmsg_type != RTM_GETLINK)
        return 0;
    if (wanted->ifi_index != 0)
        return wanted->ifi_index == link->ifi_index;
    name = link_attribute(question, IFLA_IFNAME);
    if (name == NULL)
        name = link_attribute(question, IFLA_ALT_IFNAME);
    return name != NULL && strcmp(name, link_attribute(message, IFLA_IFNAME)) == 0;
}

static void answer(int fd, const struct nlmsghdr *question)
{
    FILE *file = fopen(getenv("NETSHOOT_ANSWERS"), "rb");
    static char octets[1 << 24];
    struct nlmsghdr *message = (struct nlmsghdr *)octets, end = {.nlmsg_type = NLMSG_DONE, .nlmsg_flags = NLM_F_MULTI};
    struct nlmsgerr none = {.error = -ENODEV, .msg = *question};
    int left, zero = 0, is_dump = (question->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;

    if (file == NULL)
        abort();
    left = (int)fread(octets, 1, sizeof(octets), file);
    fclose(file);
    answers[fd].length = 0;
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
        if (is_wanted(message, question))
            put(fd, *message, NLMSG_DATA(message), question);
    if (is_dump) {
        end.nlmsg_len = NLMSG_LENGTH(sizeof(zero));
        put(fd, end, &zero, question);
    } else if (answers[fd].length == 0) {
        end = (struct nlmsghdr){.nlmsg_type = NLMSG_ERROR, .nlmsg_len = NLMSG_LENGTH(sizeof(none))};
        put(fd, end, &none, question);
    }
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
    _Alignas(struct nlmsghdr) char question[65536] = {0};
    size_t length = 0;

    if (!is_route(fd))
        return next(fd, message, flags);
    for (size_t piece = 0; piece < message->msg_iovlen; piece++) {
        if (message->msg_iov[piece].iov_len > sizeof(question) - length)
            abort();
        memcpy(question + length, message->msg_iov[piece].iov_base, message->msg_iov[piece].iov_len);
        length += message->msg_iov[piece].iov_len;
    }
    answer(fd, (struct nlmsghdr *)question);
    return (ssize_t)length;
}

ssize_t send(int fd, const void *octets, size_t length, int flags)
{
    struct iovec piece = {.iov_base = (void *)octets, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t (*next)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");

    return is_route(fd) ? sendmsg(fd, &message, flags) : next(fd, octets, length, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t (*next)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
    size_t length;

    if (!is_route(fd))
        return next(fd, message, flags);
    length = answers[fd].length;
    if (message->msg_name != NULL) {
        memset(message->msg_name, 0, message->msg_namelen);
        *(sa_family_t *)message->msg_name = AF_NETLINK;
    }
    message->msg_flags = 0;
    if (!(flags & MSG_PEEK)) {
        if (message->msg_iov->iov_len < length)
            abort();
        memcpy(message->msg_iov->iov_base, answers[fd].octets, length);
        answers[fd].length = 0;
    }
    return (ssize_t)length;
}
