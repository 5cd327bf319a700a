#include "state/section.h"

#include "base/check.h"

namespace dormouse::state {

SectionWriter::SectionWriter(Writer& writer, std::string_view name, uint32_t version) : m_writer(writer)
{
    CHECK(!name.empty() && name.size() <= kMaxSectionName && version >= 1);
    m_writer.u32(kSectionMagic);
    m_writer.text(name);
    m_writer.u32(version);
    m_length_position = m_writer.size();
    m_writer.u64(0);
}

SectionWriter::~SectionWriter()
{
    m_writer.patch_u64(m_length_position, m_writer.size() - m_length_position - 8);
}

Result<Section> read_section(Reader& parent)
{
    uint32_t const magic = parent.u32("section magic");
    if (parent.ok() && magic != kSectionMagic)
        parent.fail("section magic", "is not \"DSEC\"");
    auto name = parent.text("section name", kMaxSectionName);
    if (parent.ok() && name.empty())
        parent.fail("section name", "is empty");
    uint32_t const version = parent.u32("section version");
    if (parent.ok() && version == 0)
        parent.fail("section version", "is 0");
    uint64_t const length = parent.u64("section length");
    auto const content = parent.take("section \"" + name + "\"", length);
    TRY(parent.result());
    return Section { name, version, Reader { parent.section() + "/" + name, content } };
}

Result<Section> read_section(Reader& parent, std::string_view name, uint32_t newest_version)
{
    TRY_PUT(section, read_section(parent));
    if (section.name != name) {
        parent.fail("section name", "is \"" + section.name + "\", expected \"" + std::string(name) + "\"");
        return parent.result().error();
    }
    if (section.version > newest_version) {
        return Error { Code::Unsupported,
            "Saved state, section \"" + section.content.section() + "\" has version " + std::to_string(section.version)
                + ", made by a newer Dormouse; this one reads up to version " + std::to_string(newest_version) };
    }
    return section;
}

}
