// Reads a frame's octets after its capture was freed: a sanitizer that is really in, and really sees the library's
// memory, must stop it.
#include <netshoot.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    netshoot_frame_t frame;
    netshoot_capture_t *capture = netshoot_capture_open(argv[argc - 2], NULL);

    if (!capture || netshoot_capture_next(capture, &frame, NULL) != 1)
        return 2;
    netshoot_capture_free(capture);
    printf("%d\n", frame.bytes[0]);
    return 0;
}
