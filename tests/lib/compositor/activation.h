#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

/*
 * xdg_activation_v1. Tokens are "mini-token-1", "mini-token-2" ...; "activation_token" says what
 * one was asked for with, "activate" with which token which surface was; "known": whether it is one
 * of those. Focus goes nowhere by itself.
 */
void bind_activation(struct wl_client *client, void *data, uint32_t version, uint32_t id);
