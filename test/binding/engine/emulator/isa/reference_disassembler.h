#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace dormouse::emulator::isa::test {

// What GNU objdump makes of each word, the first one at address 0, without aliases. Shorter than `words` when objdump
// is missing or failed.
inline std::vector<std::string> reference_disassembly(std::vector<uint32_t> const& words)
{
    char path[] = "/tmp/dormouse-words-XXXXXX";
    int const descriptor = mkstemp(path);
    if (descriptor < 0)
        return {};
    FILE* const file = fdopen(descriptor, "wb");
    for (uint32_t const word : words) {
        for (int shift = 0; shift < 32; shift += 8)
            std::fputc(static_cast<int>(word >> shift & 0xff), file);
    }
    std::fclose(file);

    std::string const command
        = std::string("aarch64-linux-gnu-objdump -D -z -b binary -m aarch64 -M no-aliases ") + path;
    std::vector<std::string> lines;
    if (FILE* const pipe = popen(command.c_str(), "r")) {
        char line[256];
        // "   1c:\t8b020020 \tadd\tx0, x1, x2"
        while (std::fgets(line, sizeof(line), pipe) != nullptr) {
            std::string const text = line;
            size_t const first = text.find('\t');
            size_t const second = first == std::string::npos ? first : text.find('\t', first + 1);
            if (second != std::string::npos)
                lines.push_back(text.substr(second + 1));
        }
        pclose(pipe);
    }
    unlink(path);
    return lines;
}

// "{v1.4s-v3.4s}" to "{v1.4s, v2.4s, v3.4s}".
inline std::string with_lists(std::string text)
{
    size_t const open = text.find('{');
    size_t const dash = text.find("-v", open);
    size_t const close = text.find('}', open);
    if (open == std::string::npos || dash == std::string::npos || close == std::string::npos || dash > close)
        return text;
    unsigned const first = static_cast<unsigned>(std::atoi(text.c_str() + open + 2));
    unsigned const last = static_cast<unsigned>(std::atoi(text.c_str() + dash + 2));
    std::string const arrangement = text.substr(text.find('.', dash), close - text.find('.', dash));
    std::string list;
    for (unsigned i = first; i <= last; ++i)
        list += (i == first ? "v" : ", v") + std::to_string(i) + arrangement;
    return text.replace(open + 1, close - open - 1, list);
}

// One form for both sides: single spaces and none inside braces, no comments, numbers as signed decimals without '#',
// lo and hs for cc and cs.
inline std::string normalised(std::string const& assembly)
{
    std::string out;
    for (size_t i = 0; i < assembly.size();) {
        char const c = assembly[i];
        bool const at_word_start
            = out.empty() || !(std::isalnum(static_cast<unsigned char>(out.back())) || out.back() == '_');
        if (c == ';' || (c == '/' && assembly.compare(i, 2, "//") == 0))
            break;
        if (std::isspace(static_cast<unsigned char>(c))) {
            if (!out.empty() && out.back() != ' ' && out.back() != '{')
                out += ' ';
            ++i;
        } else if (c == '}' && !out.empty() && out.back() == ' ') {
            out.back() = '}';
            ++i;
        } else if (c == '#') {
            ++i;
        } else if (at_word_start
            && (std::isdigit(static_cast<unsigned char>(c))
                || (c == '-' && std::isdigit(static_cast<unsigned char>(assembly[i + 1]))))) {
            char* end = nullptr;
            bool const negative = c == '-';
            uint64_t const magnitude = std::strtoull(assembly.c_str() + i + negative, &end, 0);
            if (*end == '.') {
                char number[32];
                std::snprintf(number, sizeof(number), "%.17g", std::strtod(assembly.c_str() + i, &end));
                out += number;
            } else {
                out += std::to_string(static_cast<int64_t>(negative ? -magnitude : magnitude));
            }
            i = static_cast<size_t>(end - assembly.c_str());
        } else if (at_word_start && (assembly.compare(i, 2, "cc") == 0 || assembly.compare(i, 2, "cs") == 0)
            && !std::isalnum(static_cast<unsigned char>(assembly[i + 2]))) {
            out += assembly[i + 1] == 'c' ? "lo" : "hs";
            i += 2;
        } else {
            out += c;
            ++i;
        }
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return with_lists(out);
}

}
