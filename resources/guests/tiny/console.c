#include "tiny.h"

#include <stdarg.h>

// PL011 at the place where every board of the "virt" kind has it.

#define UART(offset) (0x09000000ul + (offset))

enum { DR = 0x00, FR = 0x18, LCR_H = 0x2c, CR = 0x30, IMSC = 0x38, ICR = 0x44 };

static char volatile ring[256];
static volatile uint32_t ring_in, ring_out;
static uint32_t print_lock;

void put_char(char c)
{
    if (c == '\n')
        put_char('\r');
    while (READ32(UART(FR)) & (1u << 5))
        ;
    WRITE32(UART(DR), (uint8_t)c);
}

static void print_number(uint64_t value, uint32_t base)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        put_char(digits[--count]);
}

void print(char const* format, ...)
{
    uint64_t const daif = READ_REGISTER("daif");
    __asm__ volatile("msr daifset, #2" ::: "memory");
    while (__atomic_exchange_n(&print_lock, 1, __ATOMIC_ACQUIRE))
        ;
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (char const* text = va_arg(arguments, char const*); *text; text++)
                put_char(*text);
            break;
        case 'u': print_number(va_arg(arguments, uint64_t), 10); break;
        case 'x':
            put_char('0');
            put_char('x');
            print_number(va_arg(arguments, uint64_t), 16);
            break;
        default: put_char('%'); break;
        }
    }
    va_end(arguments);
    __atomic_store_n(&print_lock, 0, __ATOMIC_RELEASE);
    WRITE_REGISTER("daif", daif);
}

void console_enable_interrupts(void)
{
    WRITE32(UART(CR), 0x301);
    WRITE32(UART(LCR_H), 0x70);
    WRITE32(UART(ICR), 0x7ff);
    WRITE32(UART(IMSC), 0x50); // receive and receive time-out
}

void console_interrupt(void)
{
    WRITE32(UART(ICR), 0x50);
    while (!(READ32(UART(FR)) & (1u << 4))) {
        char const c = (char)READ32(UART(DR));
        if (ring_in - ring_out < sizeof ring)
            ring[ring_in++ % sizeof ring] = c;
    }
}

int get_char(void)
{
    if (ring_in == ring_out)
        return -1;
    return (uint8_t)ring[ring_out++ % sizeof ring];
}
