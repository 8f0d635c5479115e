#pragma once

/* Longer titles are cut: nobody can read them, and a request has to fit 4096 bytes. */
#define TITLE_SIZE 256

/*
 * What a compositor accepts as a title: UTF-8 (anything else breaks the protocol), without
 * control characters, which become '?'.
 */
void title_clean(const char *text, char ret_title[TITLE_SIZE]);
