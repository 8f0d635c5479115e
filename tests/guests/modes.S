/*
 * A boot sector that goes from the firmware's text to a graphics mode, draws in it and halts: 256
 * colours on 320 by 200, in which each pixel's colour is the sum of its coordinates.
 */
	.set VIDEO, 0xa000
	.set WIDTH, 320
	.set HEIGHT, 200
	.set MODE, 0x13

	.code16
	.globl _start
_start:
	movw $MODE, %ax
	int $0x10
	cli
	cld
	movw $VIDEO, %ax
	movw %ax, %es
	xorw %di, %di
	xorw %bx, %bx			/* y */
row:
	movw %bx, %ax
	movw $WIDTH, %cx
1:	stosb
	incw %ax
	loop 1b
	incw %bx
	cmpw $HEIGHT, %bx
	jb row
2:	hlt
	jmp 2b

	.org 510
	.word 0xaa55
