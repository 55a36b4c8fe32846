/* core/embed/digits.basin in read-only memory, which is flash in firmware, where it can be read as numbers; and a second time where not. */
        .section .rodata.digits, "a"
        .globl digits, digits_end, digits_misaligned
        .balign 256
digits: .incbin "digits.basin"
digits_end:
        .balign 4
        .byte 0, 0
digits_misaligned:
        .incbin "digits.basin"
        .section .note.GNU-stack, "", %progbits
