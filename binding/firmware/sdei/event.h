#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace dormouse::firmware::sdei {

// The one standard event: signalled by software, private, of normal priority. [Arm DEN 0054 C, SDEI, 4.4]
constexpr uint32_t kSoftwareSignalledEvent = 0;

// Numbers for vendors and platforms have bit 30 set and bits 31 and 29:24 clear. [Arm DEN 0054 C, SDEI, 4.3.2.1]
constexpr uint32_t kFirstVendorEvent = 0x4000'0000;
constexpr uint32_t kLastVendorEvent = 0x40ff'ffff;
// Ours: the vendor events of the upper half are critical, those of the lower half normal.
constexpr uint32_t kFirstCriticalEvent = 0x4080'0000;

// The "invalid event" value. [Arm DEN 0054 C, SDEI, Appendix D]
constexpr uint32_t kNoEvent = 0x8000'0000;

constexpr size_t kMaxVendorEvents = 16;

// A critical event interrupts a normal handler, nothing else interrupts a handler. The values are those of
// EVENT_GET_INFO.
enum class Priority : uint8_t { Normal = 0, Critical = 1 };
constexpr unsigned kPriorities = 2;

// All events of this dispatcher are private: each vCPU has its own handler and its own state.
struct Event {
    uint32_t number { 0 };

    constexpr Priority priority() const
    {
        return number >= kFirstCriticalEvent && number <= kLastVendorEvent ? Priority::Critical : Priority::Normal;
    }
    // By EVENT_SIGNAL; the host signals any event.
    constexpr bool software_signalled() const { return number == kSoftwareSignalledEvent; }
};

// The events of a machine, event 0 first. Their places in the list are what bitmaps count by.
class EventList {
public:
    explicit EventList(std::vector<uint32_t> const& vendor_events)
    {
        m_events.push_back({ kSoftwareSignalledEvent });
        for (uint32_t const number : vendor_events)
            m_events.push_back({ number });
    }

    unsigned size() const { return static_cast<unsigned>(m_events.size()); }
    Event operator[](unsigned place) const { return m_events[place]; }
    // `number` is a whole register of the guest.
    std::optional<unsigned> find(uint64_t number) const
    {
        for (unsigned place = 0; place < m_events.size(); ++place)
            if (m_events[place].number == number)
                return place;
        return std::nullopt;
    }

private:
    std::vector<Event> m_events;
};

}
