#include "engine/registers/identification_fields.h"

#include "arch/system_register_encoding.h"

namespace dormouse::engine {

namespace {

    using arch::system_register;
    using Field = IdentificationField;

    constexpr Field kMidr[] { { "Revision", 0 }, { "PartNum", 4, 12 }, { "Architecture", 16 }, { "Variant", 20 },
        { "Implementer", 24, 8 } };
    constexpr Field kMpidr[] { { "Aff0", 0, 8 }, { "Aff1", 8, 8 }, { "Aff2", 16, 8 }, { "MT", 24, 1 }, { "U", 30, 1 },
        { "Aff3", 32, 8 } };
    constexpr Field kPfr0[] { { "EL0", 0 }, { "EL1", 4 }, { "EL2", 8 }, { "EL3", 12 }, { "FP", 16 }, { "AdvSIMD", 20 },
        { "GIC", 24 }, { "RAS", 28 }, { "SVE", 32 }, { "SEL2", 36 }, { "MPAM", 40 }, { "AMU", 44 }, { "DIT", 48 },
        { "RME", 52 }, { "CSV2", 56 }, { "CSV3", 60 } };
    constexpr Field kPfr1[] { { "BT", 0 }, { "SSBS", 4 }, { "MTE", 8 }, { "RAS_frac", 12 }, { "MPAM_frac", 16 },
        { "SME", 24 }, { "RNDR_trap", 28 }, { "CSV2_frac", 32 }, { "NMI", 36 }, { "MTE_frac", 40 }, { "GCS", 44 },
        { "THE", 48 }, { "MTEX", 52 }, { "DF2", 56 }, { "PFAR", 60 } };
    constexpr Field kPfr2[] { { "MTEPERM", 0 }, { "MTESTOREONLY", 4 }, { "MTEFAR", 8 }, { "FPMR", 32 } };
    constexpr Field kDfr0[] { { "DebugVer", 0 }, { "TraceVer", 4 }, { "PMUVer", 8 }, { "BRPs", 12 }, { "PMSS", 16 },
        { "WRPs", 20 }, { "SEBEP", 24 }, { "CTX_CMPs", 28 }, { "PMSVer", 32 }, { "DoubleLock", 36 },
        { "TraceFilt", 40 }, { "TraceBuffer", 44 }, { "MTPMU", 48 }, { "BRBE", 52 }, { "ExtTrcBuff", 56 },
        { "HPMN0", 60 } };
    constexpr Field kIsar0[] { { "AES", 4 }, { "SHA1", 8 }, { "SHA2", 12 }, { "CRC32", 16 }, { "Atomic", 20 },
        { "TME", 24 }, { "RDM", 28 }, { "SHA3", 32 }, { "SM3", 36 }, { "SM4", 40 }, { "DP", 44 }, { "FHM", 48 },
        { "TS", 52 }, { "TLB", 56 }, { "RNDR", 60 } };
    constexpr Field kIsar1[] { { "DPB", 0 }, { "APA", 4 }, { "API", 8 }, { "JSCVT", 12 }, { "FCMA", 16 },
        { "LRCPC", 20 }, { "GPA", 24 }, { "GPI", 28 }, { "FRINTTS", 32 }, { "SB", 36 }, { "SPECRES", 40 },
        { "BF16", 44 }, { "DGH", 48 }, { "I8MM", 52 }, { "XS", 56 }, { "LS64", 60 } };
    constexpr Field kIsar2[] { { "WFxT", 0 }, { "RPRES", 4 }, { "GPA3", 8 }, { "APA3", 12 }, { "MOPS", 16 },
        { "BC", 20 }, { "PAC_frac", 24 }, { "CLRBHB", 28 }, { "SYSREG_128", 32 }, { "SYSINSTR_128", 36 },
        { "PRFMSLC", 40 }, { "RPRFM", 48 }, { "CSSC", 52 }, { "LUT", 56 }, { "ATS1A", 60 } };
    constexpr Field kMmfr0[] { { "PARange", 0 }, { "ASIDBits", 4 }, { "BigEnd", 8 }, { "SNSMem", 12 },
        { "BigEndEL0", 16 }, { "TGran16", 20 }, { "TGran64", 24 }, { "TGran4", 28 }, { "TGran16_2", 32 },
        { "TGran64_2", 36 }, { "TGran4_2", 40 }, { "ExS", 44 }, { "FGT", 56 }, { "ECV", 60 } };
    constexpr Field kMmfr1[] { { "HAFDBS", 0 }, { "VMIDBits", 4 }, { "VH", 8 }, { "HPDS", 12 }, { "LO", 16 },
        { "PAN", 20 }, { "SpecSEI", 24 }, { "XNX", 28 }, { "TWED", 32 }, { "ETS", 36 }, { "HCX", 40 }, { "AFP", 44 },
        { "nTLBPA", 48 }, { "TIDCP1", 52 }, { "CMOW", 56 }, { "ECBHB", 60 } };
    constexpr Field kMmfr2[] { { "CnP", 0 }, { "UAO", 4 }, { "LSM", 8 }, { "IESB", 12 }, { "VARange", 16 },
        { "CCIDX", 20 }, { "NV", 24 }, { "ST", 28 }, { "AT", 32 }, { "IDS", 36 }, { "FWB", 40 }, { "TTL", 48 },
        { "BBM", 52 }, { "EVT", 56 }, { "E0PD", 60 } };
    constexpr Field kMmfr3[] { { "TCRX", 0 }, { "SCTLRX", 4 }, { "S1PIE", 8 }, { "S2PIE", 12 }, { "S1POE", 16 },
        { "S2POE", 20 }, { "AIE", 24 }, { "MEC", 28 }, { "D128", 32 }, { "D128_2", 36 }, { "SNERR", 40 },
        { "ANERR", 44 }, { "SDERR", 52 }, { "ADERR", 56 }, { "Spec_FPACC", 60 } };
    constexpr Field kMmfr4[] { { "EIESB", 4 }, { "ASID2", 8 }, { "HACDBS", 12 }, { "FGWTE3", 16 }, { "NV_frac", 20 },
        { "E2H0", 24 }, { "E3DSE", 36 } };
    constexpr Field kCtr[] { { "IminLine", 0 }, { "L1Ip", 14, 2 }, { "DminLine", 16 }, { "ERG", 20 }, { "CWG", 24 },
        { "IDC", 28, 1 }, { "DIC", 29, 1 }, { "TminLine", 32, 6 } };
    constexpr Field kClidr[] { { "Ctype1", 0, 3 }, { "Ctype2", 3, 3 }, { "Ctype3", 6, 3 }, { "LoUIS", 21, 3 },
        { "LoC", 24, 3 }, { "LoUU", 27, 3 }, { "ICB", 30, 3 } };

    struct Row {
        uint16_t encoding;
        std::span<Field const> fields;
    };

    constexpr Row kRows[] {
        { system_register(3, 0, 0, 0, 0), kMidr },
        { system_register(3, 0, 0, 0, 5), kMpidr },
        { system_register(3, 0, 0, 0, 6), {} }, // REVIDR_EL1
        { system_register(3, 0, 0, 4, 0), kPfr0 },
        { system_register(3, 0, 0, 4, 1), kPfr1 },
        { system_register(3, 0, 0, 4, 2), kPfr2 },
        { system_register(3, 0, 0, 5, 0), kDfr0 },
        { system_register(3, 0, 0, 6, 0), kIsar0 },
        { system_register(3, 0, 0, 6, 1), kIsar1 },
        { system_register(3, 0, 0, 6, 2), kIsar2 },
        { system_register(3, 0, 0, 7, 0), kMmfr0 },
        { system_register(3, 0, 0, 7, 1), kMmfr1 },
        { system_register(3, 0, 0, 7, 2), kMmfr2 },
        { system_register(3, 0, 0, 7, 3), kMmfr3 },
        { system_register(3, 0, 0, 7, 4), kMmfr4 },
        { system_register(3, 1, 0, 0, 1), kClidr },
        { system_register(3, 1, 0, 0, 7), {} }, // AIDR_EL1
        { system_register(3, 3, 0, 0, 1), kCtr },
    };

    Row const* find(RegisterId id)
    {
        for (Row const& row : kRows)
            if (id == system_register_id(row.encoding))
                return &row;
        return nullptr;
    }

}

std::span<IdentificationField const> identification_fields(RegisterId id)
{
    Row const* const row = find(id);
    return row ? row->fields : std::span<Field const> {};
}

bool is_identification(RegisterId id)
{
    // op0=3 op1=0 CRn=0 CRm=1..7 is the space of the ID registers. [Arm DDI 0487, D22.3.1]
    uint64_t const first = system_register_id(system_register(3, 0, 0, 1, 0)).value;
    uint64_t const last = system_register_id(system_register(3, 0, 0, 7, 7)).value;
    return (id.value >= first && id.value <= last) || find(id) != nullptr;
}

}
