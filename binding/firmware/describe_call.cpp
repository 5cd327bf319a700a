#include "firmware/describe_call.h"

#include "firmware/psci/function_table.h"
#include "firmware/sdei/function_table.h"
#include "firmware/smccc/architecture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <span>

namespace dormouse::firmware {

namespace {

    struct ArchitectureRow {
        uint32_t id;
        std::string_view name;
        std::string_view argument; // empty: none
    };
    constexpr ArchitectureRow kArchitecture[] {
        { smccc::kVersionFunction, "SMCCC_VERSION", {} },
        { smccc::kArchFeaturesFunction, "SMCCC_ARCH_FEATURES", "arch_func_id" },
        { smccc::kWorkaround1Function, "SMCCC_ARCH_WORKAROUND_1", {} },
        { smccc::kWorkaround2Function, "SMCCC_ARCH_WORKAROUND_2", "enable" },
        { smccc::kWorkaround3Function, "SMCCC_ARCH_WORKAROUND_3", {} },
    };

    std::string version_text(char const* what, uint64_t major, uint64_t minor)
    {
        return std::string { what } + std::to_string(major) + "." + std::to_string(minor);
    }

    CallDescription describe_psci(psci::FunctionRow const& row, TraceEntry const& entry)
    {
        CallDescription call { std::string { row.name }, {}, {}, std::nullopt };
        bool const wide = entry.function_id == row.id64 || entry.function_id == row.id_0_1;
        for (size_t i = 0; i < row.argument_count(); ++i) {
            call.argument_names.push_back(row.arguments[i].name);
            bool const whole = wide && row.arguments[i].native;
            call.arguments.push_back(whole ? entry.arguments[i] : static_cast<uint32_t>(entry.arguments[i]));
        }
        if (!entry.result)
            return call;
        int64_t const result = *entry.result;
        if (result < 0 && result >= static_cast<int64_t>(psci::ErrorCode::InvalidAddress))
            call.result = psci::error_name(static_cast<psci::ErrorCode>(result));
        else if (row.function == psci::Function::PsciVersion)
            call.result = version_text("PSCI ", static_cast<uint64_t>(result) >> 16, result & 0xffff);
        else if (result == 0 && !row.gives_number)
            call.result = "SUCCESS";
        return call;
    }

    CallDescription describe_sdei(sdei::FunctionRow const& row, TraceEntry const& entry)
    {
        CallDescription call { std::string { row.name }, { row.arguments.begin(), row.arguments.end() }, {},
            std::nullopt };
        for (size_t i = 0; i < row.arguments.size() && i < entry.arguments.size(); ++i)
            call.arguments.push_back(entry.arguments[i]);
        call.argument_names.resize(call.arguments.size());
        if (!entry.result)
            return call;
        int64_t const result = *entry.result;
        std::string_view const name = sdei::result_name(result);
        if (row.result == sdei::ResultKind::Version && result >= 0)
            call.result = version_text("SDEI ", static_cast<uint64_t>(result) >> 48, (result >> 32) & 0xffff);
        else if (!name.empty() && (result < 0 || row.result == sdei::ResultKind::Status))
            call.result = name;
        return call;
    }

    CallDescription describe_architecture(ArchitectureRow const& row, TraceEntry const& entry)
    {
        CallDescription call { std::string { row.name }, {}, {}, std::nullopt };
        if (!row.argument.empty()) {
            call.argument_names.push_back(row.argument);
            call.arguments.push_back(static_cast<uint32_t>(entry.arguments[0]));
        }
        if (!entry.result)
            return call;
        // Codes of SMCCC itself: -2 means something else than in PSCI. [Arm DEN 0028, SMCCC, Table "Return codes"]
        if (*entry.result == kNotSupported)
            call.result = "NOT_SUPPORTED";
        else if (*entry.result == -2)
            call.result = "NOT_REQUIRED";
        else if (row.id == smccc::kVersionFunction)
            call.result = version_text("SMCCC ", static_cast<uint64_t>(*entry.result) >> 16, *entry.result & 0xffff);
        else if (*entry.result == 0)
            call.result = "SUCCESS";
        return call;
    }

}

CallDescription describe_call(TraceEntry const& entry)
{
    uint32_t const id = entry.function_id;
    if (auto const* const row = psci::row_of_id(id))
        return describe_psci(*row, entry);
    if (auto const* const row = sdei::find_function(id))
        return describe_sdei(*row, entry);
    for (ArchitectureRow const& row : kArchitecture)
        if (row.id == id)
            return describe_architecture(row, entry);

    static constexpr std::string_view kNames[] { "x1", "x2", "x3", "x4", "x5" };
    static_assert(std::size(kNames) == TraceEntry::kArguments);
    constexpr size_t kShown = 3;
    char text[16];
    std::snprintf(text, sizeof(text), "0x%08" PRIx32, id);
    CallDescription call { text, { kNames, kNames + kShown }, {}, std::nullopt };
    call.arguments.assign(entry.arguments.begin(), entry.arguments.begin() + kShown);
    if (entry.result == kNotSupported)
        call.result = "NOT_SUPPORTED";
    return call;
}

}
