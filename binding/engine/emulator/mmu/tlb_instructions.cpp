#include "engine/emulator/mmu/tlb_instructions.h"

#include "base/bits.h"
#include "engine/emulator/mmu/maintenance.h"
#include "engine/emulator/mmu/mmu.h"

namespace dormouse::emulator {

namespace {

    // Beyond this many pages a range is cheaper to serve by forgetting the ASID or everything.
    constexpr uint64_t kMaxRangePages = 32;

    enum class Scope { Local, Broadcast };

    void perform(Cpu& cpu, Scope scope, MaintenanceRequest const& request)
    {
        apply_tlb_maintenance(*cpu.mmu, request);
        if (scope == Scope::Broadcast && cpu.mmu->port())
            cpu.mmu->port()->broadcast(request);
    }

    // `by_asid`: the RVAE1 and RVALE1 forms; the others concern every ASID.
    void perform_range(Cpu& cpu, Scope scope, uint16_t asid, bool by_asid, uint64_t value)
    {
        using Kind = MaintenanceRequest::Kind;
        unsigned const granule_field = static_cast<unsigned>(bits<47, 46>(value));
        if (granule_field == 0)
            return; // reserved: nothing is invalidated
        unsigned const shift = 10 + 2 * granule_field;
        uint64_t const pages = (bits<43, 39>(value) + 1) << (5 * bits<45, 44>(value) + 1);
        uint64_t const base = static_cast<uint64_t>(sign_extend(bits<36, 0>(value), 37)) << shift;
        if (pages > kMaxRangePages) {
            // Global entries are untouched by "everything of one ASID", so the upper half needs it all.
            bool const everything = !by_asid || bit<55>(base);
            return perform(cpu, scope, { everything ? Kind::AllPages : Kind::Asid, asid, 0 });
        }
        for (uint64_t page = 0; page < pages; ++page)
            perform(cpu, scope, { by_asid ? Kind::Page : Kind::PageOfAllAsids, asid, base + (page << shift) });
    }

}

bool execute_tlbi(Cpu& cpu, uint16_t encoding, uint64_t value)
{
    using Kind = MaintenanceRequest::Kind;
    unsigned const op1 = static_cast<unsigned>(bits<13, 11>(encoding));
    unsigned const crn = static_cast<unsigned>(bits<10, 7>(encoding));
    unsigned const crm = static_cast<unsigned>(bits<6, 3>(encoding));
    unsigned const op2 = static_cast<unsigned>(bits<2, 0>(encoding));
    if (op1 != 0 || crn != 8)
        return false;

    bool const range = crm == 2 || crm == 5 || crm == 6;
    if (!range && crm != 1 && crm != 3 && crm != 7)
        return false;
    Scope const scope = crm >= 6 ? Scope::Local : Scope::Broadcast; // CRm 6 and 7 are the forms of this PE alone

    uint64_t const asid_field = bits<63, 48>(value);
    auto const asid = static_cast<uint16_t>(cpu.mmu->regime().wide_asid ? asid_field : asid_field & 0xff);
    auto const address = static_cast<uint64_t>(sign_extend(bits<43, 0>(value), 44)) << 12;

    if (range) {
        if (op2 != 1 && op2 != 3 && op2 != 5 && op2 != 7)
            return false;
        perform_range(cpu, scope, asid, op2 == 1 || op2 == 5, value);
        return true;
    }
    // The "last level" forms (VALE1, VAALE1) do the same: nothing of intermediate levels is cached.
    switch (op2) {
    case 0: perform(cpu, scope, { Kind::AllPages, 0, 0 }); return true; // VMALLE1
    case 1:
    case 5: perform(cpu, scope, { Kind::Page, asid, address }); return true; // VAE1, VALE1
    case 2: perform(cpu, scope, { Kind::Asid, asid, 0 }); return true; // ASIDE1
    case 3:
    case 7: perform(cpu, scope, { Kind::PageOfAllAsids, 0, address }); return true; // VAAE1, VAALE1
    default: return false;
    }
}

void apply_tlb_maintenance(Mmu& mmu, MaintenanceRequest const& request)
{
    using Kind = MaintenanceRequest::Kind;
    switch (request.kind) {
    case Kind::Everything:
    case Kind::AllPages: mmu.invalidate_all(); break;
    case Kind::Asid: mmu.invalidate_asid(request.asid); break;
    case Kind::Page: mmu.invalidate_page(request.address, request.asid); break;
    case Kind::PageOfAllAsids: mmu.invalidate_page_of_all_asids(request.address); break;
    case Kind::CodeLine:
    case Kind::AllCode: break; // the interpreter's
    }
}

}
