#include "firmware/psci/page.h"

#include "firmware/psci/device_tree.h"
#include "firmware/psci/function_table.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::firmware::psci {

namespace {

    std::string hex(uint32_t id)
    {
        if (id == 0)
            return "–";
        char text[16];
        std::snprintf(text, sizeof(text), "0x%08" PRIx32, id);
        return text;
    }

    std::string arguments(FunctionRow const& row)
    {
        std::string text;
        for (size_t i = 0; i < row.argument_count(); ++i)
            text.append(text.empty() ? "" : ", ")
                .append(row.arguments[i].name)
                .append(row.arguments[i].native ? "" : " (32 bits)");
        return text.empty() ? "none" : text;
    }

    char const* presence(FunctionRow const& row, Version version)
    {
        if (!has_function(version, row))
            return "–";
        if (!row.served())
            return "no";
        return row.presence == Presence::Mandatory && version != Version::V0_1 ? "**yes**" : "yes";
    }

    std::string errors(FunctionRow const& row, Version version)
    {
        if (!has_function(version, row))
            return "–";
        std::string text;
        for (ErrorCode const code : codes_of(allowed_errors(row.function, version)))
            text.append(text.empty() ? "" : ", ").append(error_name(code));
        return text.empty() ? "none" : text;
    }

    std::string functions()
    {
        std::string text = "| function | 32-bit id | 64-bit id | arguments | 0.1 | 0.2 | 1.0 | 1.1 | 1.2 | 1.3 |\n"
                           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for (FunctionRow const& row : function_table()) {
            text.append("| ").append(row.name).append(" | ").append(hex(row.id32)).append(" | ").append(hex(row.id64));
            text.append(" | ").append(arguments(row));
            for (auto const& version : kVersions)
                text.append(" | ").append(presence(row, version.version));
            text.append(" |\n");
        }
        return text;
    }

    std::string error_codes()
    {
        std::string text = "| function | 0.1 | 0.2 | 1.0, 1.1 | 1.2, 1.3 |\n| --- | --- | --- | --- | --- |\n";
        for (FunctionRow const& row : function_table()) {
            text.append("| ").append(row.name);
            for (Version const version : { Version::V0_1, Version::V0_2, Version::V1_1, Version::V1_3 })
                text.append(" | ").append(errors(row, version));
            text.append(" |\n");
        }
        return text;
    }

    std::string unserved()
    {
        std::string text;
        for (FunctionRow const& row : function_table())
            if (!row.served())
                text.append("- ").append(row.name).append(": ").append(row.unserved).append(".\n");
        return text;
    }

    std::string device_trees()
    {
        std::string text = "| version | compatible | method | function ids |\n| --- | --- | --- | --- |\n";
        for (auto const& version : kVersions) {
            auto const node = device_tree_node(version.version);
            std::string compatible;
            for (auto const& name : node.compatible)
                compatible.append(compatible.empty() ? "" : ", ").append(name);
            std::string ids;
            for (auto const& [property, id] : node.function_ids)
                ids.append(ids.empty() ? "" : ", ").append(property).append(" ").append(hex(id));
            text.append("| ").append(version.name).append(" | ").append(compatible).append(" | ");
            text.append(node.method).append(" | ").append(ids.empty() ? "standard" : ids).append(" |\n");
        }
        return text;
    }

}

std::string documentation_page()
{
    std::string page = R"(# PSCI

Written from the table in `binding/firmware/psci/function_table.cpp`, which also answers the guest; a test compares. After a
change of the table: `DORMOUSE_WRITE_DOCS=1` and the firmware tests. Source: Arm DEN 0022 F.b and the changes it lists.

## Functions

**yes**: mandatory and served. yes: served. no: the version has it, it answers NOT_SUPPORTED. –: the version does not have
it, the id answers NOT_SUPPORTED.

)";
    page += functions();
    page += "\nNot served, as every version permits:\n\n" + unserved();
    page += R"(
## Error codes

What a function may return in which version. 0.1, where it has the function, lists the codes of that issue.

)";
    page += error_codes();
    page += R"(
- A call that the host's policy refuses returns DENIED from SYSTEM_SUSPEND. The other system-wide calls have no code for it;
  they return INTERNAL_FAILURE, which KVM leaves in x0 too when a machine is run again after such a call.
- A code that a version does not know becomes INVALID_PARAMETERS: a bad entry point before 1.0, a target that is on in 0.1.
- Version 0.2 takes the 64-bit id from an AArch64 guest where there is one, and answers INVALID_PARAMETERS to the 32-bit id.
  From 1.0 on both may be called.
- Success of PSCI_STAT_RESIDENCY, PSCI_STAT_COUNT and others is a number; the 32-bit form gives its low 32 bits.

## Power states

Three levels: 0 the core, 1 its cluster (cores that share the affinity above Aff0), 2 the system. Each has one standby and one
power-down state. A vCPU in standby goes on behind its call; one that was powered down starts at its entry point.

| | standby, level 0, 1, 2 | power-down, level 0, 1, 2 |
| --- | --- | --- |
| original format (0.1, 0.2) | 0x00000000, 0x01000000, 0x02000000 | 0x00010000, 0x01010000, 0x02010000 |
| extended format (1.0 and newer) | 0x1 or 0x0, 0x11, 0x111 | 0x40000003 or 0x40000000, 0x40000033, 0x40000333 |

Everything else is INVALID_PARAMETERS. PSCI_FEATURES of CPU_SUSPEND is 3: OS-initiated mode, extended format.

## System-wide calls

- SYSTEM_RESET and vendor types (bit 31) of SYSTEM_RESET2 are a power cycle: memory is cleared and MEM_PROTECT ends. Type 0 of
  SYSTEM_RESET2 keeps memory. Type and cookie are kept for the user. Other types are INVALID_PARAMETERS.
- SYSTEM_OFF2 takes types 0 and 1, which mean HIBERNATE_OFF, with cookie 0.
- SYSTEM_SUSPEND sleeps until an enabled interrupt is pending for the calling vCPU, an enabled SDEI event is, or the user
  wakes the guest. The counter and the clock go on. It is DENIED unless every other vCPU is off.

## Device tree

)";
    page += device_trees();
    return page;
}

}
