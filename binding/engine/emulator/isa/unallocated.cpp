#include "engine/emulator/isa/unallocated.h"

#include "engine/emulator/cpu/cpu.h"

namespace dormouse::emulator::isa {

Flow unallocated(Cpu& cpu, uint32_t)
{
    return cpu.undefined();
}

}
