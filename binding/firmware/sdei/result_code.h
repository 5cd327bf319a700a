#pragma once

#include <cstdint>

namespace dormouse::firmware::sdei {

// [Arm DEN 0054 C, SDEI, 5.3, Table 6]
enum class ResultCode : int32_t {
    Success = 0,
    NotSupported = -1,
    InvalidParameters = -2,
    Denied = -3,
    Pending = -5,
    OutOfResource = -10,
};

}
