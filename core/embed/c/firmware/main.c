/* The example as firmware for a Cortex-M4F: start-up, and printing to the debugger (qemu's, or a probe's) by semihosting. */
#include "../example/example.h"

#include <stdint.h>

extern uint32_t data_in_flash[], data_begin[], data_end[], bss_begin[], bss_end[];

/* A request to the debugger: its number and its argument. */
static void semihosting(uint32_t number, const void *argument) {
    register uint32_t r0 __asm__("r0") = number;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void say(const char *text) { semihosting(0x04, text); } /* SYS_WRITE0 */

static void stop(int status) {
    const uint32_t block[] = {0x20026, (uint32_t)status}; /* ADP_Stopped_ApplicationExit */
    for (;;) semihosting(0x20, block);                    /* SYS_EXIT_EXTENDED */
}

static void fault(void) {
    say("fault\n");
    stop(2);
}

/* Nothing before this has run. */
static void reset(void) {
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20; /* CPACR: the floating-point unit is off after reset */
    __asm__ volatile("dsb\n isb");
    for (uint32_t *to = data_begin, *from = data_in_flash; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
    stop(example());
}

/* Behind the stack pointer, which the linker script puts first: reset, and the faults. All other interrupts are off. */
__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {reset, fault, fault, fault, fault, fault};
