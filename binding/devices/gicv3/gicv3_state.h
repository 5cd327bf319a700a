#pragma once

#include "arch/gicv3_state.h"

namespace dormouse::devices::gic {

using namespace arch::gic;

}
