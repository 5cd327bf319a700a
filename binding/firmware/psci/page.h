#pragma once

#include <string>

namespace dormouse::firmware::psci {

// docs/psci.md: what each version offers a guest, written from the table that also answers it. Markdown.
std::string documentation_page();

}
