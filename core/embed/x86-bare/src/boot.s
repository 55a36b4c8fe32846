# The boot sector: from 16 bits to 64, memory from 0 to 1 GiB where its addresses say, SSE on, the image from the first
# disk to 1 MiB, its .bss cleared, and `main` called. What lies beyond SSE is left off: `main` switches it on.
.section .boot, "ax"
.code16
.globl boot
boot:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    inb $0x92, %al                  # address line 20
    orb $2, %al
    outb %al, $0x92

    # Page tables at 0x1000 (level 4), 0x2000 (level 3) and 0x3000 (level 2: 512 pages of 2 MiB, present and writable).
    cld
    movw $0x1000, %di
    xorl %eax, %eax
    movw $0xc00, %cx
    rep stosl
    movl $0x2003, 0x1000
    movl $0x3003, 0x2000
    movw $0x3000, %di
    movl $0x83, %eax
    movw $512, %cx
1:  movl %eax, (%di)
    addl $0x200000, %eax
    addw $8, %di
    loop 1b

    lgdt descriptors_at
    movl %cr4, %eax
    orl $0x620, %eax                # PAE, OSFXSR, OSXMMEXCPT
    movl %eax, %cr4
    movl $0x1000, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx          # EFER: long mode
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    andl $~0x4, %eax                # not EM
    orl $0x80000003, %eax           # PG, MP, PE
    movl %eax, %cr0
    ljmp $8, $long

.code64
long:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x9f000, %esp

    # Sector by sector through the ports of the first ATA controller; %esi is the sector, %ebx how many are left.
    movl $1, %esi
    movl $image_sectors, %ebx
    movl $image, %edi
2:  movw $0x1f7, %dx                # until not busy
    inb %dx, %al
    testb $0x80, %al
    jnz 2b
    movw $0x1f2, %dx                # one sector
    movb $1, %al
    outb %al, %dx
    movl %esi, %eax                 # 24 bits of its number
    incl %edx
    outb %al, %dx
    shrl $8, %eax
    incl %edx
    outb %al, %dx
    shrl $8, %eax
    incl %edx
    outb %al, %dx
    movb $0xe0, %al                 # first drive, sectors by number
    incl %edx
    outb %al, %dx
    movb $0x20, %al                 # read
    incl %edx
    outb %al, %dx
3:  inb %dx, %al                    # until there is data, and not busy
    andb $0x88, %al
    cmpb $0x08, %al
    jne 3b
    movw $0x1f0, %dx
    movl $256, %ecx
    rep insw
    incl %esi
    decl %ebx
    jnz 2b

    movl $bss, %edi
    movl $bss_quads, %ecx
    xorl %eax, %eax
    rep stosq
    movl $main, %eax
    call *%rax

.align 8
descriptors:
    .quad 0, 0x00209a0000000000, 0x0000920000000000     # none; 64-bit code; data
descriptors_at:
    .word descriptors_at - descriptors - 1
    .long descriptors

# Two bytes of the image that may be changed: which registers `main` is to enable, a value for XCR0, or zero for none and no OSXSAVE; and
# whether it runs the set `small`, 1 or 0.
.org 508
.globl registers, everything
registers:
    .byte 0xe7
everything:
    .byte 1
    .word 0xaa55
