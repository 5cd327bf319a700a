#include "firmware/psci/page.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

TEST_CASE("docs/psci.md is what the table says")
{
    std::string const path = DORMOUSE_DOCS "/psci.md";
    auto const page = dormouse::firmware::psci::documentation_page();
    if (std::getenv("DORMOUSE_WRITE_DOCS"))
        std::ofstream { path, std::ios::binary } << page;
    std::ifstream const file { path, std::ios::binary };
    REQUIRE_MESSAGE(file, "cannot read ", path);
    std::ostringstream text;
    text << file.rdbuf();
    CHECK_MESSAGE(text.str() == page, "docs/psci.md is stale: run the firmware tests with DORMOUSE_WRITE_DOCS=1");
}
