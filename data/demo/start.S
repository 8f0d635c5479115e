/*
 * The demo machine's first instructions: a multiboot header, so that QEMU's -kernel loads us in
 * 32-bit mode, then segments, a stack and one interrupt, the timer's.
 */
	.set MULTIBOOT_MAGIC, 0x1badb002
	.set CODE_SEGMENT, 0x08
	.set DATA_SEGMENT, 0x10
	.set PIC_COMMAND, 0x20
	.set PIC_END_OF_INTERRUPT, 0x20
	.set INTERRUPT_GATE, 0x8e00

	.section .multiboot, "a"
	.balign 4
	.long MULTIBOOT_MAGIC
	.long 0
	.long -MULTIBOOT_MAGIC

	.text
	.globl _start
_start:
	cli
	lgdt gdt_register
	ljmp $CODE_SEGMENT, $1f
1:	movw $DATA_SEGMENT, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $stack_top, %esp
	/* The gate's halves of the handler's address can not be computed by the linker. */
	movl $handle_timer, %eax
	movw %ax, timer_gate
	shrl $16, %eax
	movw %ax, timer_gate + 6
	lidt idt_register
	call demo_main
2:	hlt
	jmp 2b

/* Only to wake demo_main from its hlt. */
handle_timer:
	pushl %eax
	movb $PIC_END_OF_INTERRUPT, %al
	outb %al, $PIC_COMMAND
	popl %eax
	iret

	.data
	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9a000000ffff
	.quad 0x00cf92000000ffff
gdt_register:
	.word . - gdt - 1
	.long gdt
	.balign 8
idt:
	.fill 32, 8, 0
timer_gate:
	.word 0, CODE_SEGMENT, INTERRUPT_GATE, 0
idt_register:
	.word . - idt - 1
	.long idt

	.bss
	.balign 16
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
