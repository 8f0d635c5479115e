/*
 * A boot sector that writes down what the PS/2 keyboard and mouse send, for a test to read back from
 * guest memory: a count of bytes at COUNT (16 bits), and at LOG one pair for each byte: the byte, and 1
 * when the mouse sent it. READY holds MAGIC once the devices are set up. Polled; no interrupt is on.
 */
	.set COUNT, 0x0600
	.set READY, 0x0602
	.set LOG, 0x0610
	.set LOG_END, 0x7000
	.set MAGIC, 0x7652

	.set I8042_DATA, 0x60
	.set I8042_STATUS, 0x64
	.set OUTPUT_FULL, 1
	.set INPUT_FULL, 2
	.set FROM_MOUSE, 0x20

	.code16
	.globl _start
_start:
	cli
	cld
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $0x7c00, %sp
	movw $0, READY

	/* Clean slate: SeaBIOS' translation to set 1 stays on, its interrupts go off. */
	movb $0xa8, %al			/* enable the mouse port */
	call command
	movb $0x60, %al			/* configuration: no interrupts, translation */
	call command
	movb $0x40, %al
	call data
	movw $to_mouse, %si
1:	movb $0xd4, %al			/* the next byte is the mouse's */
	call command
	lodsb
	call data
	cmpw $to_mouse_end, %si
	jne 1b
	call drain

	movw $LOG, %di
	movw $0, COUNT
	movw $MAGIC, READY
next:
	movw $0x1000, %cx		/* a pause: QEMU does little else while we ask its devices */
1:	loop 1b
more:
	inb $I8042_STATUS, %al
	testb $OUTPUT_FULL, %al
	jz next
	xorb %ah, %ah
	testb $FROM_MOUSE, %al
	jz 1f
	incb %ah
1:	inb $I8042_DATA, %al
	cmpw $LOG_END, %di
	jae more
	stosw
	incw COUNT
	jmp more

command:
	movb %al, %bl
	call ready
	movb %bl, %al
	outb %al, $I8042_STATUS
	ret

data:
	movb %al, %bl
	call ready
	movb %bl, %al
	outb %al, $I8042_DATA
	ret

ready:
	inb $I8042_STATUS, %al
	testb $INPUT_FULL, %al
	jnz ready
	ret

/* Reads until nothing has come for a while: the mouse's acknowledgement among it. */
drain:
	movw $0, %cx
1:	inb $I8042_STATUS, %al
	testb $OUTPUT_FULL, %al
	jz 2f
	inb $I8042_DATA, %al
	jmp drain
2:	loop 1b
	ret

/*
 * Sampling rates 200, 200 and 80 are how a mouse is told to send a fourth byte: a wheel and two more
 * buttons. Then it is to report what happens.
 */
to_mouse:
	.byte 0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf4
to_mouse_end:

	.org 510
	.word 0xaa55
