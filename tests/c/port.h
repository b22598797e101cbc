/* A port for tests that have to know one before somebody listens there. */

#ifndef PORT_H
#define PORT_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

/* One of this machine that is free, and stays so until the test uses it: it is below those that the system gives to
 * connections and to listeners without a port of their own. */
static int free_port(void) {
    static unsigned given;
    for (;;) {
        struct sockaddr_in at = { .sin_family = AF_INET };
        int port = 10000 + (int)(((unsigned)getpid() * 64 + given++) % 20000);
        int fd = socket(AF_INET, SOCK_STREAM, 0), taken;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons((uint16_t)port);
        taken = bind(fd, (struct sockaddr *)&at, sizeof at);
        close(fd);
        if (taken == 0) return port;
    }
}

#endif
