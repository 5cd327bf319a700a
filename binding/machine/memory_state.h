#pragma once

#include "memory/flat_view.h"
#include "state/reader.h"
#include "state/writer.h"

namespace dormouse::machine {

// The contents of guest memory in a saved state: runs of 64 KiB chunks that are not all zero.
//   per run: guest physical address u64, length u64, bytes; ends with a run of length 0.
void save_memory(state::Writer&, memory::FlatView const&);
// Writes the runs into memory that is clear. Refuses runs outside of it.
Result<void> restore_memory(state::Reader&, memory::FlatView const&);

}
