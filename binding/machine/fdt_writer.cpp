#include "machine/fdt_writer.h"

#include <initializer_list>
#include <libfdt.h>
#include <span>
#include <string_view>

namespace dormouse::machine {

namespace {

    constexpr uint32_t kIntcPhandle = 1;
    constexpr uint32_t kClockPhandle = 2;
    constexpr uint32_t kGpioPhandle = 3;
    constexpr uint32_t kFirstIdleStatePhandle = 0x10;
    constexpr uint32_t kFirstCpuPhandle = 0x100;

    constexpr uint32_t kSpi = 0;
    constexpr uint32_t kPpi = 1;
    constexpr uint32_t kLevelHigh = 4;
    constexpr uint32_t kPowerKey = 116; // KEY_POWER of linux/input-event-codes.h

    std::string hex(uint64_t value)
    {
        char text[20];
        std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
        return text;
    }

    // libfdt's sequential writer with a sticky error: the tree below reads like the tree.
    class Tree {
    public:
        explicit Tree(size_t capacity) : m_bytes(capacity)
        {
            check(fdt_create(m_bytes.data(), static_cast<int>(capacity)));
            check(fdt_finish_reservemap(m_bytes.data()));
        }

        void begin(std::string const& name) { check(fdt_begin_node(m_bytes.data(), name.c_str())); }
        void end() { check(fdt_end_node(m_bytes.data())); }
        void bytes(char const* name, std::span<uint8_t const> value)
        {
            check(fdt_property(m_bytes.data(), name, value.data(), static_cast<int>(value.size())));
        }
        void empty(char const* name) { bytes(name, {}); }
        void text(char const* name, std::string const& value)
        {
            bytes(name, { reinterpret_cast<uint8_t const*>(value.c_str()), value.size() + 1 });
        }
        template <typename Strings> void texts(char const* name, Strings const& values)
        {
            std::string joined;
            for (std::string_view const value : values)
                joined.append(value).push_back('\0');
            bytes(name, { reinterpret_cast<uint8_t const*>(joined.data()), joined.size() });
        }
        void texts(char const* name, std::initializer_list<std::string_view> values)
        {
            texts<std::initializer_list<std::string_view>>(name, values);
        }
        void cell(char const* name, uint32_t value) { check(fdt_property_u32(m_bytes.data(), name, value)); }
        void wide(char const* name, uint64_t value) { check(fdt_property_u64(m_bytes.data(), name, value)); }
        void cells(char const* name, std::initializer_list<uint32_t> values)
        {
            cells(name, std::span { values.begin(), values.size() });
        }
        void cells(char const* name, std::span<uint32_t const> values)
        {
            std::vector<uint8_t> raw;
            for (uint32_t const value : values) {
                for (int shift = 24; shift >= 0; shift -= 8)
                    raw.push_back(static_cast<uint8_t>(value >> shift));
            }
            bytes(name, raw);
        }
        void reg(std::span<layout::Region const> regions)
        {
            std::vector<uint8_t> raw;
            for (auto const& region : regions) {
                for (uint64_t const value : { region.base, region.size }) {
                    for (int shift = 56; shift >= 0; shift -= 8)
                        raw.push_back(static_cast<uint8_t>(value >> shift));
                }
            }
            bytes("reg", raw);
        }
        void reg(layout::Region region) { reg(std::span { &region, 1 }); }

        int error() const { return m_error; }
        std::vector<uint8_t> finish()
        {
            check(fdt_finish(m_bytes.data()));
            if (m_error == 0)
                m_bytes.resize(fdt_totalsize(m_bytes.data()));
            return std::move(m_bytes);
        }

    private:
        void check(int result)
        {
            if (result != 0 && m_error == 0)
                m_error = result;
        }

        std::vector<uint8_t> m_bytes;
        int m_error { 0 };
    };

    std::string uart_path()
    {
        return "/pl011@" + hex(layout::kUart0.base);
    }

    void write_chosen(Tree& tree, HardwareDescription const& board)
    {
        tree.begin("chosen");
        tree.text("stdout-path", uart_path());
        tree.text("bootargs", board.bootargs);
        if (board.initrd) {
            tree.wide("linux,initrd-start", board.initrd->base);
            tree.wide("linux,initrd-end", board.initrd->base + board.initrd->size);
        }
        tree.bytes("kaslr-seed", board.kaslr_seed);
        tree.bytes("rng-seed", board.rng_seed);
        tree.end();

        tree.begin("aliases");
        tree.text("serial0", uart_path());
        tree.end();
    }

    void write_memory(Tree& tree, HardwareDescription const& board)
    {
        tree.begin("memory@" + hex(layout::kRamBase));
        tree.text("device_type", "memory");
        tree.reg({ layout::kRamBase, board.ram_bytes });
        tree.end();
    }

    void write_cpu_map(Tree& tree, HardwareDescription const& board)
    {
        // One socket; CPUs that share the affinity above Aff0 are a cluster.
        tree.begin("cpu-map");
        tree.begin("socket0");
        unsigned cluster = 0;
        for (size_t i = 0; i < board.mpidrs.size();) {
            tree.begin("cluster" + std::to_string(cluster++));
            uint64_t const above = board.mpidrs[i] >> 8;
            for (unsigned core = 0; i < board.mpidrs.size() && board.mpidrs[i] >> 8 == above; ++i) {
                tree.begin("core" + std::to_string(core++));
                tree.cell("cpu", kFirstCpuPhandle + static_cast<uint32_t>(i));
                tree.end();
            }
            tree.end();
        }
        tree.end();
        tree.end();
    }

    // [Linux, devicetree/bindings/cpu/idle-states.yaml] No "local-timer-stop": the timer is "always-on".
    std::vector<uint32_t> write_idle_states(Tree& tree, HardwareDescription const& board)
    {
        std::vector<uint32_t> phandles;
        if (board.idle_states.empty())
            return phandles;
        tree.begin("idle-states");
        tree.text("entry-method", "psci");
        for (auto const& state : board.idle_states) {
            phandles.push_back(kFirstIdleStatePhandle + static_cast<uint32_t>(phandles.size()));
            tree.begin(state.name);
            tree.text("compatible", "arm,idle-state");
            tree.text("idle-state-name", state.name);
            tree.cell("arm,psci-suspend-param", state.power_state);
            tree.cell("entry-latency-us", state.entry_latency_us);
            tree.cell("exit-latency-us", state.exit_latency_us);
            tree.cell("min-residency-us", state.min_residency_us);
            tree.cell("phandle", phandles.back());
            tree.end();
        }
        tree.end();
        return phandles;
    }

    void write_cpus(Tree& tree, HardwareDescription const& board)
    {
        bool wide = false;
        for (uint64_t const mpidr : board.mpidrs)
            wide = wide || mpidr >> 32 != 0;
        tree.begin("cpus");
        tree.cell("#address-cells", wide ? 2 : 1);
        tree.cell("#size-cells", 0);
        write_cpu_map(tree, board);
        auto const idle_states = write_idle_states(tree, board);
        for (size_t i = 0; i < board.mpidrs.size(); ++i) {
            uint64_t const mpidr = board.mpidrs[i];
            tree.begin("cpu@" + hex(mpidr));
            tree.text("device_type", "cpu");
            tree.text("compatible", board.cpu_compatible);
            if (wide)
                tree.wide("reg", mpidr);
            else
                tree.cell("reg", static_cast<uint32_t>(mpidr));
            if (!board.psci.compatible.empty())
                tree.text("enable-method", "psci");
            if (!idle_states.empty())
                tree.cells("cpu-idle-states", idle_states);
            tree.cell("phandle", kFirstCpuPhandle + static_cast<uint32_t>(i));
            tree.end();
        }
        tree.end();
    }

    void write_psci(Tree& tree, PsciNode const& psci)
    {
        if (psci.compatible.empty())
            return;
        tree.begin("psci");
        tree.texts("compatible", psci.compatible);
        tree.text("method", psci.method);
        if (psci.cpu_suspend)
            tree.cell("cpu_suspend", *psci.cpu_suspend);
        if (psci.cpu_off)
            tree.cell("cpu_off", *psci.cpu_off);
        if (psci.cpu_on)
            tree.cell("cpu_on", *psci.cpu_on);
        if (psci.migrate)
            tree.cell("migrate", *psci.migrate);
        tree.end();
    }

    // [Linux, devicetree/bindings/arm/firmware/sdei.txt]
    void write_sdei(Tree& tree, std::string const& method)
    {
        if (method.empty())
            return;
        tree.begin("firmware");
        tree.begin("sdei");
        tree.text("compatible", "arm,sdei-1.0"); // of every version 1.x
        tree.text("method", method);
        tree.end();
        tree.end();
    }

    void write_timer(Tree& tree)
    {
        tree.begin("timer");
        tree.texts("compatible", { "arm,armv8-timer", "arm,armv7-timer" });
        tree.empty("always-on");
        tree.cells("interrupts",
            { kPpi, layout::kSecureTimerIntid - 16, kLevelHigh, kPpi, layout::kPhysicalTimerIntid - 16, kLevelHigh,
                kPpi, layout::kVirtualTimerIntid - 16, kLevelHigh, kPpi, layout::kHypervisorTimerIntid - 16,
                kLevelHigh });
        tree.end();
    }

    void write_gic(Tree& tree, HardwareDescription const& board)
    {
        std::vector<layout::Region> regions { layout::kGicDistributor };
        auto const redistributors
            = layout::redistributor_regions(static_cast<unsigned>(board.mpidrs.size()), board.ram_bytes);
        for (auto const& redistributor : redistributors)
            regions.push_back(redistributor.region);
        tree.begin("intc@" + hex(layout::kGicDistributor.base));
        tree.text("compatible", "arm,gic-v3");
        tree.cell("#interrupt-cells", 3);
        tree.empty("interrupt-controller");
        tree.cell("#address-cells", 2);
        tree.cell("#size-cells", 2);
        tree.empty("ranges");
        tree.cell("#redistributor-regions", static_cast<uint32_t>(redistributors.size()));
        tree.reg(regions);
        tree.cell("phandle", kIntcPhandle);
        tree.end();
    }

    void write_pmu(Tree& tree)
    {
        tree.begin("pmu");
        tree.text("compatible", "arm,armv8-pmuv3");
        tree.cells("interrupts", { kPpi, layout::kPmuIntid - 16, kLevelHigh });
        tree.end();
    }

    void write_peripherals(Tree& tree)
    {
        tree.begin("apb-pclk");
        tree.text("compatible", "fixed-clock");
        tree.cell("#clock-cells", 0);
        tree.cell("clock-frequency", 24'000'000);
        tree.text("clock-output-names", "clk24mhz");
        tree.cell("phandle", kClockPhandle);
        tree.end();

        tree.begin("pl011@" + hex(layout::kUart0.base));
        tree.texts("compatible", { "arm,pl011", "arm,primecell" });
        tree.reg(layout::kUart0);
        tree.cells("interrupts", { kSpi, layout::kUart0Spi, kLevelHigh });
        tree.cells("clocks", { kClockPhandle, kClockPhandle });
        tree.texts("clock-names", { "uartclk", "apb_pclk" });
        tree.end();

        tree.begin("pl031@" + hex(layout::kRtc.base));
        tree.texts("compatible", { "arm,pl031", "arm,primecell" });
        tree.reg(layout::kRtc);
        tree.cells("interrupts", { kSpi, layout::kRtcSpi, kLevelHigh });
        tree.cell("clocks", kClockPhandle);
        tree.text("clock-names", "apb_pclk");
        tree.end();

        tree.begin("pl061@" + hex(layout::kGpio.base));
        tree.texts("compatible", { "arm,pl061", "arm,primecell" });
        tree.reg(layout::kGpio);
        tree.cell("#gpio-cells", 2);
        tree.empty("gpio-controller");
        tree.cells("interrupts", { kSpi, layout::kGpioSpi, kLevelHigh });
        tree.cell("clocks", kClockPhandle);
        tree.text("clock-names", "apb_pclk");
        tree.cell("phandle", kGpioPhandle);
        tree.end();

        tree.begin("gpio-keys");
        tree.text("compatible", "gpio-keys");
        tree.begin("poweroff");
        tree.text("label", "GPIO Key Poweroff");
        tree.cell("linux,code", kPowerKey);
        tree.cells("gpios", { kGpioPhandle, 3, 0 });
        tree.empty("wakeup-source"); // the key wakes a guest out of SYSTEM_SUSPEND
        tree.end();
        tree.end();
    }

    Result<void> validate(HardwareDescription const& board)
    {
        auto const invalid = [](std::string message) { return Error { Code::InvalidArgument, std::move(message) }; };
        if (board.mpidrs.empty() || board.mpidrs.size() > layout::kMaxCpus)
            return invalid("The board has " + std::to_string(board.mpidrs.size()) + " CPUs, it can have 1 to "
                + std::to_string(layout::kMaxCpus));
        if (board.ram_bytes == 0)
            return invalid("The board has no memory");
        if (board.bootargs.size() > kMaxBootargs)
            return invalid("The kernel command line has " + std::to_string(board.bootargs.size())
                + " characters, a kernel reads at most " + std::to_string(kMaxBootargs));
        if (board.bootargs.find('\0') != std::string::npos)
            return invalid("The kernel command line contains a NUL character");
        return {};
    }

}

Result<std::vector<uint8_t>> write_fdt(HardwareDescription const& board)
{
    TRY(validate(board));
    Tree tree { kMaxFdtBytes };
    tree.begin("");
    tree.text("compatible", "linux,dummy-virt");
    tree.text("model", "linux,dummy-virt");
    tree.cell("#address-cells", 2);
    tree.cell("#size-cells", 2);
    tree.cell("interrupt-parent", kIntcPhandle);
    tree.empty("dma-coherent");
    write_chosen(tree, board);
    write_memory(tree, board);
    write_cpus(tree, board);
    write_psci(tree, board.psci);
    write_sdei(tree, board.sdei_method);
    write_timer(tree);
    write_gic(tree, board);
    if (board.has_pmu)
        write_pmu(tree);
    write_peripherals(tree);
    tree.end();
    auto bytes = tree.finish();
    if (tree.error() != 0)
        return Error { Code::InvalidArgument,
            std::string("The device tree cannot be written: ") + fdt_strerror(tree.error()) };
    return bytes;
}

}
