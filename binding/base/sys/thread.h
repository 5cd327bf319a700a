#pragma once

namespace dormouse::sys {

// Names the calling thread for debuggers and `ps -T`; at most 15 characters are kept.
void name_this_thread(char const* name);

}
