#pragma once

namespace dormouse::wires {

// A level-sensitive interrupt wire from a device to the interrupt controller. Callable from any thread; setting the
// level it already has is free.
class IrqLine {
public:
    virtual ~IrqLine() = default;
    virtual void set_level(bool high) = 0;
};

}
