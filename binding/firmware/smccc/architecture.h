#pragma once

#include "firmware/answer.h"
#include "firmware/smccc/function_id.h"

#include <cstdint>

namespace dormouse::firmware::smccc {

// Arm Architecture calls. [Arm DEN 0028, SMCCC, section 7]
constexpr uint32_t kVersionFunction = 0x8000'0000;
constexpr uint32_t kArchFeaturesFunction = 0x8000'0001;
constexpr uint32_t kWorkaround1Function = 0x8000'8000; // Spectre variant 2
constexpr uint32_t kWorkaround2Function = 0x8000'7fff; // Spectre variant 4
constexpr uint32_t kWorkaround3Function = 0x8000'3fff; // Spectre-BHB

constexpr int64_t kVersion1_1 = 0x0001'0001;

// Answers calls of the Arm Architecture range as SMCCC 1.1 on a CPU that needs no firmware mitigation.
Answer architecture_call(Call const&);

}
