#include "firmware/sdei/function_table.h"

#include "firmware/sdei/result_code.h"

namespace dormouse::firmware::sdei {

namespace {

    using namespace std::string_view_literals;
    using F = Function;

    constexpr std::array kRegisterArguments { "event"sv, "entry_point"sv, "ep_argument"sv, "flags"sv, "affinity"sv };
    constexpr std::array kEvent { "event"sv };
    constexpr std::array kContextArguments { "param_id"sv };
    constexpr std::array kCompleteArguments { "status"sv };
    constexpr std::array kResumeArguments { "resume_addr"sv };
    constexpr std::array kInfoArguments { "event"sv, "info"sv };
    constexpr std::array kRoutingArguments { "event"sv, "routing_mode"sv, "affinity"sv };
    constexpr std::array kBindArguments { "interrupt"sv };
    constexpr std::array kSignalArguments { "event"sv, "target_pe"sv };
    constexpr std::array kFeatureArguments { "feature"sv };

    // clang-format off
constexpr std::array<FunctionRow, 19> kTable { {
    { F::Version,                "SDEI_VERSION",                   0xc400'0020, {},                 ResultKind::Version },
    { F::EventRegister,          "SDEI_EVENT_REGISTER",            0xc400'0021, kRegisterArguments, ResultKind::Status },
    { F::EventEnable,            "SDEI_EVENT_ENABLE",              0xc400'0022, kEvent,             ResultKind::Status },
    { F::EventDisable,           "SDEI_EVENT_DISABLE",             0xc400'0023, kEvent,             ResultKind::Status },
    { F::EventContext,           "SDEI_EVENT_CONTEXT",             0xc400'0024, kContextArguments,  ResultKind::Number },
    { F::EventComplete,          "SDEI_EVENT_COMPLETE",            0xc400'0025, kCompleteArguments, ResultKind::Nothing },
    { F::EventCompleteAndResume, "SDEI_EVENT_COMPLETE_AND_RESUME", 0xc400'0026, kResumeArguments,   ResultKind::Nothing },
    { F::EventUnregister,        "SDEI_EVENT_UNREGISTER",          0xc400'0027, kEvent,             ResultKind::Status },
    { F::EventStatus,            "SDEI_EVENT_STATUS",              0xc400'0028, kEvent,             ResultKind::Number },
    { F::EventGetInfo,           "SDEI_EVENT_GET_INFO",            0xc400'0029, kInfoArguments,     ResultKind::Number },
    { F::EventRoutingSet,        "SDEI_EVENT_ROUTING_SET",         0xc400'002a, kRoutingArguments,  ResultKind::Status },
    { F::PeMask,                 "SDEI_PE_MASK",                   0xc400'002b, {},                 ResultKind::Number },
    { F::PeUnmask,               "SDEI_PE_UNMASK",                 0xc400'002c, {},                 ResultKind::Status },
    { F::InterruptBind,          "SDEI_INTERRUPT_BIND",            0xc400'002d, kBindArguments,     ResultKind::Number },
    { F::InterruptRelease,       "SDEI_INTERRUPT_RELEASE",         0xc400'002e, kEvent,             ResultKind::Status },
    { F::EventSignal,            "SDEI_EVENT_SIGNAL",              0xc400'002f, kSignalArguments,   ResultKind::Status },
    { F::Features,               "SDEI_FEATURES",                  0xc400'0030, kFeatureArguments,  ResultKind::Number },
    { F::PrivateReset,           "SDEI_PRIVATE_RESET",             0xc400'0031, {},                 ResultKind::Status },
    { F::SharedReset,            "SDEI_SHARED_RESET",              0xc400'0032, {},                 ResultKind::Status },
} };
    // clang-format on

    constexpr bool rows_are_in_order()
    {
        for (size_t i = 0; i < kTable.size(); ++i)
            if (static_cast<size_t>(kTable[i].function) != i || kTable[i].id != kFirstFunctionId + i)
                return false;
        return true;
    }
    static_assert(rows_are_in_order());

}

std::span<FunctionRow const> function_table()
{
    return kTable;
}

FunctionRow const* find_function(uint32_t id)
{
    uint32_t const place = id - kFirstFunctionId;
    return id >= kFirstFunctionId && place < kTable.size() ? &kTable[place] : nullptr;
}

std::string_view result_name(int64_t code)
{
    switch (static_cast<ResultCode>(code)) {
    case ResultCode::Success: return "SUCCESS";
    case ResultCode::NotSupported: return "NOT_SUPPORTED";
    case ResultCode::InvalidParameters: return "INVALID_PARAMETERS";
    case ResultCode::Denied: return "DENIED";
    case ResultCode::Pending: return "PENDING";
    case ResultCode::OutOfResource: return "OUT_OF_RESOURCE";
    }
    return {};
}

}
