#include "tester/tally.h"

#include "engine/emulator/isa/instruction.h"

#include <cstdio>

namespace dormouse::conformance {

namespace {

    constexpr size_t kSamplesPerRow = 6;

    // The texts are ours and have neither control characters nor backslashes.
    std::string quoted(std::string const& text)
    {
        std::string out = "\"";
        for (char const c : text) {
            if (c == '"' || c == '\\')
                out += '\\';
            out += c;
        }
        return out + '"';
    }

    char const* class_name(emulator::isa::Class which)
    {
        using emulator::isa::Class;
        switch (which) {
        case Class::Integer: return "Integer";
        case Class::Branch: return "Branch";
        case Class::LoadStore: return "LoadStore";
        case Class::Atomic: return "Atomic";
        case Class::System: return "System";
        case Class::FloatingPoint: return "FloatingPoint";
        case Class::Simd: return "Simd";
        case Class::SimdLoadStore: return "SimdLoadStore";
        case Class::Crypto: return "Crypto";
        }
        return "?";
    }

    unsigned long long wide(uint64_t value)
    {
        return value;
    }

}

void Tally::add_row(Instruction row)
{
    m_rows.try_emplace(row);
}

void Tally::exempted(Instance const& instance, Oracle oracle, char const* reason)
{
    ++m_rows[instance.row].exemptions[std::string(oracle_name(oracle)) + ": " + reason];
}

void Tally::mismatch(Instance const& instance, Oracle oracle, std::string const& difference)
{
    Row& row = m_rows[instance.row];
    ++row.mismatches;
    if (row.samples.size() >= kSamplesPerRow)
        return;
    OracleRecord const& record = instance.record;
    char head[96];
    std::snprintf(
        head, sizeof(head), "--row %s --index %llu: ", emulator::isa::info(instance.row).name, wide(instance.index));
    std::string text = head;
    for (unsigned i = 0; i < record.word_count; ++i) {
        std::snprintf(head, sizeof(head), "%s%08x ", i == 0 ? "" : "; ", record.words[i]);
        text += head + emulator::isa::disassemble(record.words[i], instance.code_address() + 4 * uint64_t { i });
    }
    std::snprintf(head, sizeof(head), " | %s | ", oracle_name(oracle));
    text += head + difference + " | from fpcr=";
    auto const masks = emulator::isa::operand_masks(instance.row, instance.word());
    std::snprintf(
        head, sizeof(head), "%#llx fpsr=%#llx nzcv=%#llx", wide(record.fpcr), wide(record.fpsr), wide(record.nzcv));
    text += head;
    for (unsigned i = 0; i < 31; ++i) {
        if (masks.x_read >> i & 1) {
            std::snprintf(head, sizeof(head), " x%u=%#llx", i, wide(record.x[i]));
            text += head;
        }
    }
    for (unsigned i = 0; i < 32; ++i) {
        if (masks.v_read >> i & 1) {
            std::snprintf(head, sizeof(head), " v%u=%#llx:%016llx", i, wide(record.v[i][1]), wide(record.v[i][0]));
            text += head;
        }
    }
    if (masks.sp_read) {
        std::snprintf(head, sizeof(head), " sp=%#llx", wide(record.sp));
        text += head;
    }
    row.samples.push_back(text);
}

bool Tally::write(std::string const& path) const
{
    FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) {
        std::perror(path.c_str());
        return false;
    }
    std::fprintf(file, "{\"rows\":[");
    char const* separator = "\n";
    for (auto const& [instruction, row] : m_rows) {
        auto const& info = emulator::isa::info(instruction);
        char const* const left_out = reason_left_out(instruction);
        std::fprintf(file,
            "%s{\"name\":\"%s\",\"class\":\"%s\",\"leftOut\":%s,\"instances\":%llu,\"notGenerated\":%llu,"
            "\"qemu\":%llu,\"vixl\":%llu,\"interpreter\":%llu,\"refused\":%llu,\"mismatches\":%llu,\"samples\":[",
            separator, info.name, class_name(info.instruction_class), left_out ? quoted(left_out).c_str() : "null",
            wide(row.instances), wide(row.not_generated), wide(row.compared[0]), wide(row.compared[1]),
            wide(row.compared[2]), wide(row.refused), wide(row.mismatches));
        separator = ",\n";
        char const* comma = "";
        for (std::string const& sample : row.samples) {
            std::fprintf(file, "%s%s", comma, quoted(sample).c_str());
            comma = ",";
        }
        std::fprintf(file, "],\"exemptions\":{");
        comma = "";
        for (auto const& [reason, count] : row.exemptions) {
            std::fprintf(file, "%s%s:%llu", comma, quoted(reason).c_str(), wide(count));
            comma = ",";
        }
        std::fprintf(file, "}}");
    }
    std::fprintf(file, "\n]}\n");
    return std::fclose(file) == 0;
}

}
