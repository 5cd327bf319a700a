#include "memory/backing.h"

namespace dormouse::memory {

Result<std::shared_ptr<Backing>> Backing::create_anonymous(uint64_t bytes)
{
    TRY_PUT(mapping, sys::Mapping::create(bytes));
    return std::shared_ptr<Backing>(new Backing(std::move(mapping)));
}

}
