#pragma once

#include "base/result.h"
#include "base/sys/mapping.h"

#include <cstdint>
#include <memory>

namespace dormouse::memory {

// Host memory that slots point into. Anonymous, zero-filled, taken from the host only when touched.
class Backing {
public:
    // `bytes`: a whole number of host pages, not 0. Fails with OutOfMemory when the host refuses the reservation.
    static Result<std::shared_ptr<Backing>> create_anonymous(uint64_t bytes);

    uint8_t* data() { return m_mapping.data(); }
    uint64_t size() const { return m_mapping.size(); }
    // All bytes read as zero again and the host gets its pages back.
    Result<void> clear() { return m_mapping.discard(0, size()); }
    // The same for a part: `offset` and `bytes` are whole host pages.
    Result<void> clear(uint64_t offset, uint64_t bytes) { return m_mapping.discard(offset, bytes); }

private:
    explicit Backing(sys::Mapping mapping) : m_mapping(std::move(mapping)) { }

    sys::Mapping m_mapping;
};

}
