#include "machine.h"

/* Bochs' display registers, which VGA and bochs-display have in their memory: QEMU
 * docs/specs/standard-vga. */
#define DISPLAY_VENDOR_DEVICE 0x11111234u
#define DISPLAY_REGISTERS 0x500
#define DISPLAY_XRES 1
#define DISPLAY_YRES 2
#define DISPLAY_BITS 3
#define DISPLAY_ENABLE 4
#define DISPLAY_ENABLE_LINEAR 0x41

#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define PCI_SLOTS 32

#define TIMER_HZ 60
#define TIMER_BASE_HZ 1193182

#define DEBUG_PORT 0xe9

#define I8042_DATA 0x60
#define I8042_STATUS 0x64
#define I8042_OUTPUT_FULL 0x01
#define I8042_INPUT_FULL 0x02
#define I8042_FROM_MOUSE 0x20

static inline void
out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t
in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static uint32_t
pci_read(uint32_t slot, uint32_t offset)
{
	uint32_t value;

	__asm__ volatile("outl %0, %w1"
			 :
			 : "a"(0x80000000u | slot << 11 | offset), "Nd"(PCI_ADDRESS));
	__asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(PCI_DATA));
	return value;
}

uint32_t
machine_find_screens(uint32_t *ret_pixels[MAX_SCREENS])
{
	uint32_t n_screens = 0;

	for (uint32_t slot = 0; slot < PCI_SLOTS && n_screens < MAX_SCREENS; slot++) {
		volatile uint16_t *registers;

		if (pci_read(slot, 0) != DISPLAY_VENDOR_DEVICE) {
			continue;
		}
		registers =
			(volatile uint16_t *)((pci_read(slot, 0x18) & ~15u) + DISPLAY_REGISTERS);
		registers[DISPLAY_ENABLE] = 0;
		registers[DISPLAY_XRES] = SCREEN_WIDTH;
		registers[DISPLAY_YRES] = SCREEN_HEIGHT;
		registers[DISPLAY_BITS] = 32;
		registers[DISPLAY_ENABLE] = DISPLAY_ENABLE_LINEAR;
		ret_pixels[n_screens++] = (uint32_t *)(pci_read(slot, 0x10) & ~15u);
	}
	return n_screens;
}

void
machine_read_font(uint8_t ret_font[256][GLYPH_HEIGHT])
{
	const volatile uint8_t *plane = (const volatile uint8_t *)0xa0000;

	/* Text modes keep the font in plane 2: read that one, byte after byte. */
	out8(0x3c4, 4);
	out8(0x3c5, 6);
	out8(0x3ce, 4);
	out8(0x3cf, 2);
	out8(0x3ce, 5);
	out8(0x3cf, 0);
	out8(0x3ce, 6);
	out8(0x3cf, 4);
	for (uint32_t i = 0; i < 256 * GLYPH_HEIGHT; i++) {
		ret_font[i / GLYPH_HEIGHT][i % GLYPH_HEIGHT] =
			plane[i / GLYPH_HEIGHT * 32 + i % GLYPH_HEIGHT];
	}
}

void
machine_tell_ready(void)
{
	out8(DEBUG_PORT, '!');
}

void
machine_start_timer(void)
{
	uint16_t divisor = TIMER_BASE_HZ / TIMER_HZ;

	/* Interrupts from 32 on, all masked but the timer's. */
	out8(0x20, 0x11);
	out8(0x21, 32);
	out8(0x21, 4);
	out8(0x21, 1);
	out8(0x21, 0xfe);
	out8(0xa1, 0xff);
	out8(0x43, 0x34);
	out8(0x40, (uint8_t)divisor);
	out8(0x40, (uint8_t)(divisor >> 8));
}

void
machine_wait_tick(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void
i8042_write(uint16_t port, uint8_t value)
{
	while (in8(I8042_STATUS) & I8042_INPUT_FULL) {
	}
	out8(port, value);
}

void
machine_start_input(void)
{
	i8042_write(I8042_STATUS, 0xa8); /* mouse port on */
	i8042_write(I8042_STATUS, 0x60); /* no interrupts; scan codes of set 1 */
	i8042_write(I8042_DATA, 0x40);
	i8042_write(I8042_STATUS, 0xd4); /* mouse: report */
	i8042_write(I8042_DATA, 0xf4);
}

static char
scancode_to_char(uint8_t code)
{
	static const char keys[] =
		"\0\0"
		"1234567890-=\b\0qwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";

	return code < sizeof(keys) ? keys[code] : '\0';
}

void
machine_read_input(struct machine_input *ret_input)
{
	static uint8_t packet[3];
	static uint32_t n_packet;
	static bool button;
	struct machine_input input = { 0 };
	uint8_t status;

	while ((status = in8(I8042_STATUS)) & I8042_OUTPUT_FULL && input.typed == '\0') {
		uint8_t byte = in8(I8042_DATA);

		if (!(status & I8042_FROM_MOUSE)) {
			input.typed = scancode_to_char(byte);
			continue;
		}
		/* Bit 3 is always set in the first byte: out of step, and the acknowledgement,
		 * skipped. */
		if (n_packet == 0 && (!(byte & 8) || byte == 0xfa)) {
			continue;
		}
		packet[n_packet++] = byte;
		if (n_packet == sizeof(packet)) {
			n_packet = 0;
			input.dx += packet[1] - (packet[0] & 0x10 ? 0x100 : 0);
			input.dy -= packet[2] - (packet[0] & 0x20 ? 0x100 : 0);
			button = packet[0] & 1;
		}
	}
	input.button = button;
	*ret_input = input;
}
