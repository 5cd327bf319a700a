#pragma once

#include "base/result.h"
#include "firmware/platform.h"
#include "memory/flat_view.h"
#include "wires/quiesced.h"

namespace dormouse::machine {

// What the boot vCPU finds in memory when the machine is turned on, and every time it is reset.
class BootImage {
public:
    virtual ~BootImage() = default;
    // Writes everything anew (kernel, initrd, a device tree with fresh seeds) and says where to start, with x0.
    virtual Result<firmware::EntryPoint> place(memory::FlatView const&, wires::Quiesced const&) = 0;
};

}
