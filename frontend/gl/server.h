#pragma once

#include "gl/context.h"
#include "gpu-message.h"

/* Does what the viewer asks for, one message after the other, until it closes the socket. */
enum gpu_exit server_run(int socket, struct context *context);
