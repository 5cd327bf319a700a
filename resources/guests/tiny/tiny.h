#pragma once

// The pieces of the guest, for each other.

typedef unsigned char uint8_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;

#define READ_REGISTER(name)                                       \
    ({                                                            \
        uint64_t register_value;                                  \
        __asm__ volatile("mrs %0, " name : "=r"(register_value)); \
        register_value;                                           \
    })
#define WRITE_REGISTER(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")

// Device registers. Plain loads and stores only: for one with write-back, which the compiler makes of a loop, the
// processor does not say what it was about, and under KVM nobody can answer it.
#define MMIO_READ(type, modifier, address)                                                                          \
    ({                                                                                                              \
        type mmio_value;                                                                                            \
        __asm__ volatile("ldr %" modifier "0, %1" : "=r"(mmio_value) : "Q"(*(type volatile*)(address)) : "memory"); \
        mmio_value;                                                                                                 \
    })
#define MMIO_WRITE(type, modifier, address, value) \
    __asm__ volatile("str %" modifier "1, %0" : "=Q"(*(type volatile*)(address)) : "r"((type)(value)) : "memory")
#define READ32(address) MMIO_READ(uint32_t, "w", address)
#define READ64(address) MMIO_READ(uint64_t, "x", address)
#define WRITE32(address, value) MMIO_WRITE(uint32_t, "w", address, value)
#define WRITE64(address, value) MMIO_WRITE(uint64_t, "x", address, value)

enum { MAX_CPUS = 512 };

// fdt.c
struct board {
    uint64_t memory_base, memory_size;
    uint64_t initrd_start, initrd_end;
    uint32_t cpus;
    uint64_t mpidrs[MAX_CPUS];
    int psci_by_smc;
    int has_psci;
    uint64_t fdt;
    char bootargs[1024];
    char psci_compatible[32]; // the first
    uint32_t psci_cpu_on; // CPU_ON of PSCI 0.1, which has no id of its own
    uint64_t gic_distributor;
    uint64_t gic_regions[8][2]; // base, size
    uint32_t gic_region_count;
};
extern struct board board;
int parse_fdt(void const* fdt);

// console.c
void put_char(char c);
void print(char const* format, ...); // %s %u (uint64_t) %x (uint64_t) %%
int get_char(void); // -1: nothing there
void console_interrupt(void);
void console_enable_interrupts(void);

// interrupts.c
extern volatile uint64_t timer_ticks[MAX_CPUS];
extern uint32_t gic_frames;
void gic_init_distributor(void);
int gic_init_cpu(uint32_t cpu);
void timer_start(uint32_t cpu);
extern uint64_t timer_late; // ticks from the compare value to the handler, of the last interrupt
uint32_t this_cpu(void);
uint64_t counter(void);

// main.c
int psci_is_0_1(void);

// commands.c
void run_command(char* line);
uint64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
extern volatile uint32_t cpus_online;
void race_on(uint32_t cpu); // takes part in a running race

// latency.c
void latency(uint64_t count, int is_idle);

// tiny.lds, start.S
extern char _image[], _text_end[], _tables[];
uint64_t psci_hvc(uint64_t, uint64_t, uint64_t, uint64_t);
uint64_t psci_smc(uint64_t, uint64_t, uint64_t, uint64_t);
uint64_t spin_loop(uint64_t rounds);
void jump_to(uint64_t address);
void secondary_entry(void);
