#pragma once

/*
 * On a function whose loops over pixels the compiler is to turn into vector instructions: it is
 * compiled again for SSSE3 and AVX2, and the loader takes what the CPU has. NEON and SSE2 are there
 * anyway. The sanitizers' own loading comes too late for the loader's choice.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define PIXEL_LOOP __attribute__((target_clones("arch=x86-64-v3", "arch=x86-64-v2", "default")))
#else
#define PIXEL_LOOP
#endif
